package page_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

type object = map[string]any

// scene is what the operators' calls tell of plugins.
type scene struct {
	rollout  object
	releases []object
	versions []object
	evidence string // of any release
	refuses  bool   // a rollback
}

func (h *host) set(s scene) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scene = s
}

// releases plays the operators' calls for plugins.
func (h *host) releases(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer operator-secret" {
		problem(w, http.StatusUnauthorized, "unauthenticated", nil)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/admin/v1/plugins/")
	switch {
	case r.Method == http.MethodPost:
		var body object
		_ = json.NewDecoder(r.Body).Decode(&body) // an unreadable body is not what is wanted
		body["by"] = r.Header.Get("Usher-Operator")
		h.bodies = append(h.bodies, body)
		if h.scene.refuses {
			problem(w, http.StatusConflict, "conflict", nil)
			return
		}
		h.scene = rolledBack()
		answer(w, http.StatusCreated, h.scene.releases[0])
	case path == "rollout":
		answer(w, http.StatusOK, h.scene.rollout)
	case path == "releases":
		answer(w, http.StatusOK, object{"data": h.scene.releases})
	case path == "versions":
		answer(w, http.StatusOK, object{"data": h.scene.versions})
	default:
		answer(w, http.StatusOK, object{"number": 1, "evidence": h.scene.evidence})
	}
}

func before(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339Nano) }

func digestOf(letter string) string { return strings.Repeat(letter, 64) }

func releaseOf(number int64, kind, state string, age time.Duration, plugins ...object) object {
	return object{
		"number": number, "kind": kind, "state": state, "plugin": "company-domain", "base": number - 1, "restores": 0, "actor": "Ann",
		"automatic": false, "created_at": before(age), "serving_at": before(age), "plugins": plugins,
	}
}

func with(o object, more object) object {
	o = maps.Clone(o)
	maps.Copy(o, more)
	return o
}

func domain(version, letter string) object {
	return object{"name": "company-domain", "version": version, "digest": digestOf(letter)}
}

func tried(version, letter string, percent float64, shadow bool) object {
	return object{"candidate": object{"version": version, "digest": digestOf(letter), "percent": percent, "by": "run", "shadow": shadow}}
}

func replica(id, name string, serving int64, more object) object {
	return with(object{
		"id": "0198c0de-0000-7000-8000-00000000000" + id, "name": name, "build": "1.0.0", "live": true, "started_at": before(26 * time.Hour), "seen_at": before(0),
		"serving": serving, "since": before(4 * time.Minute), "prepared": serving, "plugins": []any{},
		"swap": object{"release": serving, "heard": before(4 * time.Minute), "read_us": 412, "prepare_us": 0, "flip_us": 9},
	}, more)
}

func versionOf(plugin, version, letter, status string) object {
	return object{
		"digest": digestOf(letter), "plugin": plugin, "version": version, "hooks": []string{"signup.validate"}, "size_bytes": 180_000, "key_id": "b51c8a02",
		"status": status, "pushed_by": "Ann", "pushed_at": before(30 * time.Hour),
	}
}

// trying is in order, with a candidate and a shadow.
func trying() scene {
	templates := object{"name": "mail-templates", "version": "2.0.0", "digest": digestOf("c")}
	canary := releaseOf(14, "canary", "serving", 4*time.Minute, with(domain("1.0.3", "a"), tried("1.1.0", "b", 10, false)), with(templates, tried("2.1.0", "d", 0, true)))
	plain := releaseOf(13, "activate", "served", 26*time.Hour, domain("1.0.3", "a"), with(templates, tried("2.1.0", "d", 0, true)))
	first := releaseOf(12, "activate", "served", 3*24*time.Hour, domain("1.0.2", "e"))
	tally := func(runs, failures, denials, p50, p99 int) object {
		return object{"runs": runs, "failed": failures, "denied": denials, "p50_us": p50, "p99_us": p99}
	}
	return scene{
		rollout: object{
			"newest": 14, "serving": with(canary, object{"reason": "the new allow-list"}), "back_to": plain,
			"replicas": []object{replica("1", "usher-7d4f-2xk9:1", 14, nil), replica("2", "usher-7d4f-p8rw:1", 14, nil), replica("3", "usher-7d4f-zq4m:1", 14, nil)},
			"trials": []object{{
				"plugin": "company-domain", "digest": digestOf("b"), "against": digestOf("a"), "since": before(4 * time.Minute), "verdict": "nothing speaks against the candidate, and more traffic is needed to show that it is no worse than allowed\n  failures: 0 of 412, against 1 of 3702; no worse than 3.1 times the predecessor and 0.5 % more, with 95 % confidence\n",
				"evidence": nil, "hooks": []object{{"hook": "signup.validate", "candidate": tally(412, 0, 31, 41, 120), "serving": tally(3702, 1, 250, 40, 118)}},
			}},
			"shadows": []object{{"plugin": "mail-templates", "digest": digestOf("d"), "calls": 9120, "agreed": 9049, "differed": 12, "not_comparable": object{"failed": 2, "effect": 49}, "dropped": 8}},
		},
		releases: []object{canary, plain, with(first, object{"reason": "opens the beta"}), with(releaseOf(11, "activate", "failed", 73*time.Hour, domain("1.0.1", "f")), object{"failure": "usher-7d4f-p8rw:1: plugin company-domain: compile: out of memory"})},
		versions: []object{
			versionOf("company-domain", "1.1.0", "b", "good"), versionOf("company-domain", "1.0.3", "a", "good"), versionOf("mail-templates", "2.1.0", "d", "good"),
			with(versionOf("company-domain", "1.0.1", "f", "quarantined"), object{"status_reason": "needs too much memory", "status_by": "Bob"}),
		},
	}
}

// rolledBack is what trying becomes by the rollback of an operator; one replica is late.
func rolledBack() scene {
	s := trying()
	at := s.rollout
	back := with(at["back_to"].(object), object{"number": 15, "kind": "rollback", "state": "serving", "plugin": "", "restores": 13, "reason": "Too many refusals", "actor": "Zoë", "created_at": before(0), "serving_at": before(0)})
	late := replica("3", "usher-7d4f-zq4m:1", 14, nil)
	s.rollout = object{"newest": 15, "serving": back, "back_to": s.releases[2], "replicas": []object{
		replica("1", "usher-7d4f-2xk9:1", 15, object{"since": before(0)}), replica("2", "usher-7d4f-p8rw:1", 15, object{"since": before(0)}), late,
	}}
	s.releases = slices.Insert(s.releases, 0, back)
	return s
}

// byItself is what the guardrail leaves, while one replica is ill.
func byItself() scene {
	s := rolledBack()
	why := object{"plugin": "company-domain", "actor": "guardrail", "automatic": true, "reason": "company-domain 1.1.0 denies more at signup.validate: 31 of 52 runs, against 7 % of what served."}
	s.rollout = with(s.rollout, object{"serving": with(s.rollout["serving"].(object), with(why, object{"serving_at": before(time.Minute)})), "replicas": []object{
		replica("1", "usher-7d4f-2xk9:1", 15, nil), replica("2", "usher-7d4f-p8rw:1", 15, object{"trouble": "the candidate of mail-templates is left out: its key is not trusted"}),
		replica("3", "usher-7d4f-zq4m:1", 14, object{"failed": 15, "failure": "plugin company-domain: compile: out of memory"}),
	}})
	s.releases[0] = with(s.releases[0], why)
	s.evidence = "hook      signup.validate\ncandidate 52 runs, 31 denied (59.6 %)\nserving   468 runs, 33 denied (7.1 %)\ne-value   2.1e+09, above 1e+04 after 44 runs"
	return s
}

// underWay has a release that waits for a replica.
func underWay() scene {
	s := trying()
	next := releaseOf(15, "promote", "preparing", 3*time.Second, domain("1.1.0", "b"))
	s.rollout = with(s.rollout, object{"newest": 15, "preparing": next, "replicas": []object{
		replica("1", "usher-7d4f-2xk9:1", 14, object{"prepared": 15}), replica("2", "usher-7d4f-p8rw:1", 14, nil),
		replica("3", "usher-7d4f-zq4m:1", 14, object{"live": false, "seen_at": before(2 * time.Minute)}),
	}})
	s.releases = slices.Insert(s.releases, 0, next)
	return s
}

// untouched is a host that has released nothing.
func untouched() scene {
	return scene{
		rollout:  object{"newest": 0, "serving": object{"number": 0, "base": 0, "restores": 0, "automatic": false, "plugins": []any{}}, "replicas": []object{replica("1", "laptop:4711", 0, object{"swap": nil})}},
		releases: []object{}, versions: []object{},
	}
}
