// Command postman is a guest for tests: it adapts a mail provider with a JSON API and a
// bearer token, reads the provider's signed callbacks, and fails in the way that the
// recipient's domain says.
package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"unsafe"

	"github.com/usher-id/usher/hostapi"
)

//go:wasmimport usher:core/v1 input_len
func inputLen() int32

//go:wasmimport usher:core/v1 input_read
func inputRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:core/v1 output_write
func outputWrite(src unsafe.Pointer, n int32) int32

//go:wasmimport usher:core/v1 result_read
func resultRead(dst unsafe.Pointer, off, n int32) int32

//go:wasmimport usher:core/v1 log
func logLine(level int32, ptr unsafe.Pointer, n int32)

//go:wasmimport usher:http/v1 fetch
func fetch(request unsafe.Pointer, n int32) int64

//go:wasmimport usher:secret/v1 hmac
func hmac(request unsafe.Pointer, n int32) int64

//go:wasmexport usher_message_send
func messageSend() int32 {
	return serve(func(e hostapi.Envelope[hostapi.MessageSend]) hostapi.Output[hostapi.MessageSent] {
		return hostapi.Output[hostapi.MessageSent]{Outcome: hostapi.Continue, Data: send(baseOf(e.Config), e.Data)}
	})
}

//go:wasmexport usher_message_status
func messageStatus() int32 {
	return serve(func(e hostapi.Envelope[hostapi.MessageStatus]) hostapi.Output[hostapi.MessageReports] {
		return read(e.Data)
	})
}

func send(base string, m hostapi.MessageSend) hostapi.MessageSent {
	_, domain, _ := strings.Cut(m.To, "@")
	switch domain {
	case "crash.example":
		panic("broken on purpose")
	case "loop.example":
		forever()
	case "keep.example":
		return hostapi.MessageSent{Status: hostapi.SendAccepted, ProviderID: "kept"}
	}
	logText(m.Text)
	body, _ := json.Marshal(map[string]string{"to": m.To, "from": m.From.Email, "subject": m.Subject, "text": m.Text, "html": m.HTML, "tag": m.MessageID})
	var answer hostapi.HTTPResponse
	if !use(fetch, hostapi.HTTPRequest{
		Method: "POST", URL: base + "/messages", Headers: map[string]string{"Content-Type": "application/json"}, Body: string(body),
		Auth: &hostapi.HTTPAuth{Secret: "api", Prefix: "Bearer "},
	}, &answer) {
		return hostapi.MessageSent{Status: hostapi.SendRetry, Reason: "no_answer"}
	}
	if domain == "lost.example" {
		forever()
	}
	return sent(answer)
}

// sent is what the provider's answer means.
func sent(answer hostapi.HTTPResponse) hostapi.MessageSent {
	var said struct{ ID, Reason string }
	_ = json.Unmarshal([]byte(answer.Body), &said)
	switch answer.Status {
	case 202:
		return hostapi.MessageSent{Status: hostapi.SendAccepted, ProviderID: said.ID}
	case 401:
		return hostapi.MessageSent{Status: hostapi.SendRefused, Reason: "bad_key"}
	case 422:
		return hostapi.MessageSent{Status: hostapi.SendFailed, Reason: said.Reason}
	}
	after, _ := strconv.Atoi(answer.Headers["retry-after"])
	return hostapi.MessageSent{Status: hostapi.SendRetry, Reason: "status_" + strconv.Itoa(answer.Status), RetryAfterS: after}
}

// read takes a callback whose body is signed. One that says "crash" is one too many.
func read(c hostapi.MessageStatus) hostapi.Output[hostapi.MessageReports] {
	var proof hostapi.HMACResult
	if !use(hmac, hostapi.HMACRequest{Secret: "callbacks", Message: c.Body, Expect: c.Headers["x-signature"]}, &proof) || !proof.Equal {
		return hostapi.Output[hostapi.MessageReports]{Outcome: hostapi.Deny}
	}
	var events []struct{ ID, Tag, Event, Reason string }
	if json.Unmarshal([]byte(c.Body), &events) != nil {
		panic("broken on purpose")
	}
	out := hostapi.Output[hostapi.MessageReports]{Outcome: hostapi.Continue}
	for _, e := range events {
		out.Data.Reports = append(out.Data.Reports, hostapi.MessageReport{
			MessageID: e.Tag, ProviderID: e.ID, Status: hostapi.DeliveryStatus(e.Event), Reason: e.Reason,
		})
	}
	return out
}

func serve[Q, A any](answer func(hostapi.Envelope[Q]) hostapi.Output[A]) int32 {
	in := make([]byte, inputLen())
	inputRead(unsafe.Pointer(unsafe.SliceData(in)), 0, int32(len(in)))
	var e hostapi.Envelope[Q]
	if json.Unmarshal(in, &e) != nil {
		return hostapi.ReturnFailed
	}
	out, err := json.Marshal(answer(e))
	if err != nil {
		return hostapi.ReturnFailed
	}
	outputWrite(unsafe.Pointer(unsafe.SliceData(out)), int32(len(out)))
	return hostapi.ReturnOK
}

// use asks a capability, and gives false when it did not do what was asked.
func use(function func(unsafe.Pointer, int32) int64, request, answer any) bool {
	asked, _ := json.Marshal(request)
	result := hostapi.Result(function(unsafe.Pointer(unsafe.SliceData(asked)), int32(len(asked))))
	got := make([]byte, result.Length())
	resultRead(unsafe.Pointer(unsafe.SliceData(got)), 0, int32(len(got)))
	if result.Status() != hostapi.StatusOK {
		logText(string(got))
		return false
	}
	return json.Unmarshal(got, answer) == nil
}

func logText(s string) {
	logLine(hostapi.LogInfo, unsafe.Pointer(unsafe.StringData(s)), int32(len(s)))
}

func baseOf(config hostapi.RawJSON) string {
	var c struct{ Base string }
	_ = json.Unmarshal(config, &c)
	return c.Base
}

func forever() {
	for i := 0; ; i++ {
		spin = i
	}
}

var spin int

func main() {}
