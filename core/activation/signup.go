package activation

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// Signup is what an anonymous visitor sends. No password: the account is proved first.
type Signup struct {
	Email            string
	OrganizationName string
	Slug             string
	DisplayName      string
	Locale           string
	Metadata         map[string]string
	RedirectURL      string
	Idempotency      core.Idempotency
}

// SignedUp is the answer, the same for an address that has an account.
type SignedUp struct {
	ID     core.ID
	Status string
}

// StatusVerificationSent says that a mail is on its way.
const StatusVerificationSent = "verification_sent"

// Signup provisions a tenant and its owner, both pending, and promises the mail
// that proves the owner's address. An address that has an account gets a notice instead; the
// caller cannot tell. Errors: [core.ValidationFailed], [core.DeniedByPolicy],
// [core.Conflict] for a slug that is taken, [core.SignupClosed], [core.Unavailable].
func (s *Service) Signup(ctx context.Context, in Signup) (SignedUp, error) {
	ctx, span := s.Tracer.Start(ctx, signal.SpanSignup)
	defer span.End()
	s.Signals.Funnel(ctx, signal.SignupStarted)
	done, err := s.signup(ctx, in)
	s.Signals.Signup(ctx, signupOutcome(done, err))
	if err != nil {
		s.failed(ctx, err)
		return SignedUp{}, err
	}
	return SignedUp{ID: done.SignupID, Status: StatusVerificationSent}, nil
}

func (s *Service) signup(ctx context.Context, in Signup) (core.Provisioned, error) {
	// 1. Clean what came, all fields at once.
	policy := s.Policy()
	if !policy.SignupOpen {
		closed := core.E(core.SignupClosed, "Signing up is closed for the moment.")
		closed.RetryAfter = time.Minute
		return core.Provisioned{}, closed
	}
	p, ownSlug, err := s.clean(in, policy)
	if err != nil {
		return core.Provisioned{}, err
	}
	// 2. Ask the plugins, before there is any transaction.
	if err := s.askSignup(ctx, &p); err != nil {
		return core.Provisioned{}, err
	}
	// 3. Commit everything at once. A slug that was made up here may be made up again.
	p.Traceparent, p.Synthetic = signal.Inject(ctx), signal.Synthetic(ctx)
	for attempt := 0; ; attempt++ {
		done, err := s.provision(ctx, p)
		if core.ReasonOf(err) != "slug_taken" || ownSlug || attempt == maxSlugAttempts {
			return done, err
		}
		p.Tenant.Slug = withSuffix(p.Tenant.Slug)
	}
}

func (s *Service) clean(in Signup, policy Policy) (p core.Provision, ownSlug bool, err error) {
	var check fields
	mail := check.address("email", in.Email)
	name := check.text("organization_name", in.OrganizationName, 1, core.MaxName)
	display := check.text("display_name", in.DisplayName, 0, core.MaxName)
	locale := check.locale("locale", in.Locale)
	redirect := check.redirect("redirect_url", in.RedirectURL, policy.RedirectHosts)
	check.metadata("metadata", in.Metadata)
	slug, ownSlug := in.Slug, in.Slug != ""
	if ownSlug {
		check.slug("slug", slug)
	} else {
		slug = slugOf(name)
	}
	if err := check.err(); err != nil {
		return core.Provision{}, false, err
	}
	now := s.Clock.Now()
	token, err := s.newToken(core.TokenRef{
		ID: core.NewID(now), Version: 1, Purpose: core.PurposeOwnerVerification, KeyID: s.Keys.ActiveID(),
	}, policy.VerificationTTL)
	if err != nil {
		return core.Provision{}, false, err
	}
	return core.Provision{
		SignupID:    core.NewID(now),
		Tenant:      core.Tenant{ID: core.NewID(now), Slug: slug, Name: name, Metadata: in.Metadata},
		Owner:       core.User{ID: core.NewID(now), DisplayName: display, Locale: locale},
		Address:     mail,
		Token:       token,
		RedirectURL: redirect,
		MessageID:   core.NewID(now),
		Release:     s.Hooks.Release(),
		Idempotency: in.Idempotency,
	}, ownSlug, nil
}

func (s *Service) askSignup(ctx context.Context, p *core.Provision) error {
	patch, err := s.Hooks.SignupValidate(ctx, core.SignupCheck{
		RunID: p.Tenant.ID, Release: p.Release, Email: p.Address.Email, EmailDomain: p.Address.Domain,
		OrganizationName: p.Tenant.Name, Slug: p.Tenant.Slug, DisplayName: p.Owner.DisplayName,
		Locale: p.Owner.Locale, Metadata: p.Tenant.Metadata,
	})
	if err != nil {
		return err
	}
	var check fields
	if patch.Slug != nil {
		check.slug("slug", *patch.Slug)
		p.Tenant.Slug = *patch.Slug
	}
	if patch.Metadata != nil {
		check.metadata("metadata", patch.Metadata)
		p.Tenant.Metadata = patch.Metadata
	}
	return check.err()
}

func (s *Service) provision(ctx context.Context, p core.Provision) (core.Provisioned, error) {
	start := time.Now()
	done, err := s.Store.Provision(ctx, p)
	if err != nil {
		return done, err
	}
	if done.Replayed {
		return done, nil
	}
	s.Mail.Wake()
	if !done.Known {
		s.Signals.Provisioned(ctx, time.Since(start))
		s.Signals.Funnel(ctx, signal.TenantProvisioned)
		ctx = signal.WithTenant(ctx, p.Tenant.ID.String())
		s.Log.InfoContext(ctx, "tenant provisioned", "signup_id", p.SignupID.String())
		return done, nil
	}
	s.Log.InfoContext(ctx, "signup for a known address", "signup_id", p.SignupID.String())
	return done, nil
}

// maxSlugAttempts bounds how often a made-up slug is made up again; with 30
// random bits a second try is all but certain to be free.
const maxSlugAttempts = 3

func withSuffix(slug string) string {
	const keep = maxSlug - 7
	return strings.TrimRight(slug[:min(len(slug), keep)], "-") + "-" + slugSafe(rand.Text()[:6])
}

func signupOutcome(done core.Provisioned, err error) signal.SignupOutcome {
	if core.ReasonOf(err) == "hook_denied" { // with or without fields
		return signal.SignupDenied
	}
	switch core.CodeOf(err) {
	case "":
		if done.Known {
			return signal.SignupExisting
		}
		return signal.SignupAccepted
	case core.ValidationFailed:
		return signal.SignupInvalid
	case core.DeniedByPolicy:
		return signal.SignupDenied
	case core.Conflict, core.IdempotencyInFlight, core.IdempotencyMismatch:
		return signal.SignupConflict
	case core.SignupClosed:
		return signal.SignupClosed
	case core.Unavailable:
		return signal.SignupUnavailable
	}
	return signal.SignupFailed
}
