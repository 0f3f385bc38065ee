//go:build wasip1

package main

import (
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/http"
	"github.com/usher-id/usher/sdk/kv"
	"github.com/usher-id/usher/sdk/secret"
	"github.com/usher-id/usher/sdk/telemetry"
)

// act does what leaves the answer as it is.
func act(c *sdk.Call, what string) {
	switch what {
	case "panic":
		panic("conformance panic")
	case "log":
		c.Debug("line")
		c.Info("line")
		c.Warn("line")
		c.Error("line")
	case "clock":
		c.Info("now " + strconv.FormatInt(c.NowMS(), 10) + " deadline " + strconv.FormatInt(c.DeadlineMS(), 10))
	case "random":
		chance(c)
	case "config":
		settings, err := json.Marshal(map[string]any{
			"text": c.ConfigText("text", "none"), "texts": c.ConfigTexts("texts", nil), "map": c.ConfigMap("map", nil),
			"flag": c.ConfigFlag("flag", false), "number": c.ConfigNumber("number", -1),
		})
		if err != nil {
			panic(err)
		}
		c.Info(string(settings))
	case "fetch":
		response, err := http.Fetch(c, http.Request{
			Method: "POST", URL: "https://conformance.example/x", Headers: map[string]string{"x-a": "1"}, Body: text,
			Auth: &http.Auth{Secret: "key", Prefix: "Bearer "},
		})
		report(c, response, err)
	case "kv":
		entries(c)
	case "torn":
		report(c, nil, kv.Put(c, "a", "\xf0z", 60))
		get(c)
	case "secret":
		mac, err := secret.HMAC(c, "key", "m")
		report(c, mac, err)
		equal, err := secret.Verify(c, "key", "m", mac)
		report(c, equal, err)
		equal, err = secret.Verify(c, "key", "m", "00")
		report(c, equal, err)
	case "telemetry":
		report(c, nil, telemetry.Count(c, "calls", 1, telemetry.Labels{"kind": "a"}))
		report(c, nil, telemetry.Count(c, "calls", 1, telemetry.Labels{"kind": "c"}))
		report(c, nil, telemetry.Start(c, "s", telemetry.Labels{"k": "v"}))
		report(c, nil, telemetry.End(c, false))
	case "remember":
		calls++
		c.Info(strconv.Itoa(calls))
	case "spin":
		for turns := 0; ; turns++ {
			calls += turns
		}
	}
}

var calls int

// kept keeps what grow allocates from being optimized away.
var kept []byte

func grow() {
	kept = make([]byte, 8<<20)
	for i := range kept {
		kept[i] = byte(i)
	}
}

func chance(c *sdk.Call) {
	b := make([]byte, 32)
	c.Random(b)
	c.Info(hex.EncodeToString(b))
	if !c.Random(make([]byte, hostapi.MaxRandom+1)) {
		c.Info("refused")
	}
}

func entries(c *sdk.Call) {
	report(c, nil, kv.Put(c, "a", "1", 60))
	get(c)
	report(c, nil, kv.Delete(c, "a"))
	get(c)
}

func get(c *sdk.Call) {
	value, found, err := kv.Get(c, "a")
	if !found {
		report(c, nil, err)
		return
	}
	report(c, value, err)
}

// report logs what a capability gave.
func report(c *sdk.Call, answer any, err error) {
	word := "ok "
	if refused, ok := err.(*sdk.Refused); ok { //nolint:errorlint // as guests do
		word, answer = "refused ", map[string]any{"status": refused.Status, "reason": refused.Reason, "temporary": refused.Temporary()}
	}
	b, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	c.Info(word + string(b))
}
