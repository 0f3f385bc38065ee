package validator_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk"
	"github.com/usher-id/usher/sdk/internal/abi"
	"github.com/usher-id/usher/sdk/sdktest"
	"github.com/usher-id/usher/sdk/validator"
)

func TestEverythingCrossesTheBorder(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_900_000_000_123)
	sent := validator.Signup{
		Email: "a@b.example", EmailDomain: "b.example", OrganizationName: "B \"&\" Söhne", Slug: "b", DisplayName: "A\nB", Locale: "de",
		Metadata: map[string]string{"plan": "pro", "ü": "\u2028"},
	}
	slug := "better"
	p := validator.New(func(c *sdk.Call, s validator.Signup) (validator.Verdict, error) {
		if s.Email != sent.Email || s.OrganizationName != sent.OrganizationName || s.DisplayName != sent.DisplayName || !maps.Equal(s.Metadata, sent.Metadata) {
			t.Errorf("got %+v", s)
		}
		if c.Hook != hostapi.HookSignupValidate || c.Tenant != "t" || c.Actor.Kind != hostapi.ActorAnonymous || c.NowMS() != now.UnixMilli() || c.DeadlineMS() <= c.NowMS() {
			t.Errorf("call %+v", c)
		}
		if c.ConfigText("name", "") != "x" || c.ConfigText("none", "y") != "y" || !c.ConfigFlag("on", false) || len(c.ConfigTexts("list", nil)) != 2 {
			t.Error("the config is not read")
		}
		c.Warn("hello")
		return validator.Change(validator.Patch{Slug: &slug, Metadata: map[string]string{"a": "1"}}), nil
	})
	setting := sdktest.Setting{Config: `{"list":["a","b"],"on":true,"name":"x"}`, Tenant: "t", Now: now}
	for range 2 { // the second call reuses the buffers of the first
		got := sdktest.Ask(t, p, setting, sent)
		if got.Output.Outcome != hostapi.Continue || *got.Output.Data.Slug != slug || got.Output.Data.Metadata["a"] != "1" || len(got.Lines) != 1 {
			t.Errorf("got %+v", got)
		}
	}
}

func TestErrorIsAFailure(t *testing.T) {
	t.Parallel()
	p := validator.New(func(*sdk.Call, validator.Signup) (validator.Verdict, error) {
		return validator.Accept(), errors.New("the service is down")
	})
	if got := sdktest.Ask(t, p, sdktest.Setting{}, validator.Signup{}); got.Failure != "the service is down" || got.Output.Outcome != "" {
		t.Errorf("got %+v", got)
	}
}

// What a handler panics with, and where, is said to the host before the guest ends.
func TestPanicIsTold(t *testing.T) {
	t.Parallel()
	host := &abi.Memory{Input: []byte(`{"hook":"signup.validate"}`)}
	plugin := validator.New(func(_ *sdk.Call, s validator.Signup) (validator.Verdict, error) {
		return validator.Deny([]validator.FieldError{}[len(s.Email)]), nil
	})
	defer func() {
		if recover() == nil || !strings.Contains(host.Failure, "index out of range") || !strings.Contains(host.Failure, "validator_test.go:") {
			t.Errorf("the host was told %q", host.Failure)
		}
	}()
	plugin.ServeOn(host)
}
