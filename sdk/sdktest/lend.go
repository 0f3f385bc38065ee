package sdktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
)

// lender plays the capabilities to one call.
type lender struct {
	now     time.Time
	network *fixture.Exchanges
	kv      map[string]string
	secrets map[string]string

	kvRefused string
	metrics   []hostapi.Metric
	spans     []hostapi.Span
}

// lend serves one use of a capability.
func (l *lender) lend(module, name string, request []byte) (hostapi.Status, []byte) {
	switch module + "." + name {
	case hostapi.ModuleHTTP + "." + hostapi.FuncHTTPFetch:
		return answer(request, l.fetch)
	case hostapi.ModuleKV + "." + hostapi.FuncKVGet:
		return answer(request, l.get)
	case hostapi.ModuleKV + "." + hostapi.FuncKVPut:
		return answer(request, l.put)
	case hostapi.ModuleKV + "." + hostapi.FuncKVDelete:
		return answer(request, l.remove)
	case hostapi.ModuleSecret + "." + hostapi.FuncSecretHMAC:
		return answer(request, l.hmac)
	case hostapi.ModuleTelemetry + "." + hostapi.FuncTelemetryMetric:
		return answer(request, func(m hostapi.Metric) (hostapi.Status, any) {
			l.metrics = append(l.metrics, m)
			return hostapi.StatusOK, nil
		})
	case hostapi.ModuleTelemetry + "." + hostapi.FuncTelemetrySpanStart:
		return answer(request, func(s hostapi.Span) (hostapi.Status, any) {
			l.spans = append(l.spans, s)
			return hostapi.StatusOK, nil
		})
	case hostapi.ModuleTelemetry + "." + hostapi.FuncTelemetrySpanEnd:
		return answer(request, func(hostapi.SpanEnd) (hostapi.Status, any) { return hostapi.StatusOK, nil })
	}
	return refuse(hostapi.StatusDenied, hostapi.ReasonNotGranted)
}

// answer decodes a request as strictly as the host does, and encodes what is answered.
func answer[R any](request []byte, serve func(R) (hostapi.Status, any)) (hostapi.Status, []byte) {
	var r R
	d := json.NewDecoder(bytes.NewReader(request))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return refuse(hostapi.StatusInvalid, hostapi.ReasonMalformed)
	}
	status, value := serve(r)
	if value == nil {
		return status, nil
	}
	b, err := json.Marshal(value)
	if err != nil {
		return refuse(hostapi.StatusFailed, hostapi.ReasonMalformed)
	}
	return status, b
}

func refuse(s hostapi.Status, reason string) (hostapi.Status, []byte) {
	return s, []byte(`{"reason":"` + reason + `","detail":""}`)
}

func refusal(s hostapi.Status, reason string) (hostapi.Status, any) {
	return s, hostapi.Refusal{Reason: reason}
}

func (l *lender) fetch(r hostapi.HTTPRequest) (hostapi.Status, any) {
	if r.Auth != nil {
		if _, ok := l.secrets[r.Auth.Secret]; !ok {
			return refusal(hostapi.StatusDenied, hostapi.ReasonNotGranted)
		}
	}
	response, no := l.network.Next(r)
	if no != nil {
		return hostapi.StatusFailed, no
	}
	return hostapi.StatusOK, response
}

func (l *lender) get(k hostapi.KVKey) (hostapi.Status, any) {
	if l.kvRefused == hostapi.ReasonStore {
		return refusal(hostapi.StatusFailed, hostapi.ReasonStore)
	}
	value, ok := l.kv[k.Key]
	if !ok {
		return refusal(hostapi.StatusNotFound, hostapi.ReasonNotFound)
	}
	expires := l.now.Add(hostapi.MaxKVTTL * time.Second)
	return hostapi.StatusOK, hostapi.KVValue{Value: value, ExpiresAt: expires.UTC().Format(time.RFC3339)}
}

func (l *lender) put(e hostapi.KVEntry) (hostapi.Status, any) {
	if e.Key == "" || len(e.Key) > hostapi.MaxKVKey || len(e.Value) > hostapi.MaxKVValue || e.TTLS < 0 || e.TTLS > hostapi.MaxKVTTL {
		return refusal(hostapi.StatusInvalid, hostapi.ReasonMalformed)
	}
	switch l.kvRefused {
	case hostapi.ReasonStore:
		return refusal(hostapi.StatusFailed, hostapi.ReasonStore)
	case hostapi.ReasonQuota:
		return refusal(hostapi.StatusOver, hostapi.ReasonQuota)
	}
	if l.kv == nil {
		l.kv = map[string]string{}
	}
	l.kv[e.Key] = e.Value
	return hostapi.StatusOK, nil
}

func (l *lender) remove(k hostapi.KVKey) (hostapi.Status, any) {
	if l.kvRefused == hostapi.ReasonStore {
		return refusal(hostapi.StatusFailed, hostapi.ReasonStore)
	}
	delete(l.kv, k.Key)
	return hostapi.StatusOK, nil
}

func (l *lender) hmac(r hostapi.HMACRequest) (hostapi.Status, any) {
	secret, ok := l.secrets[r.Secret]
	if !ok {
		return refusal(hostapi.StatusDenied, hostapi.ReasonNotGranted)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(r.Message))
	sum := hex.EncodeToString(mac.Sum(nil))
	if r.Expect == "" {
		return hostapi.StatusOK, hostapi.HMACResult{HMAC: sum}
	}
	return hostapi.StatusOK, hostapi.HMACResult{Equal: hmac.Equal([]byte(sum), []byte(strings.ToLower(r.Expect)))}
}
