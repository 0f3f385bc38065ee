package validator

import "github.com/usher-id/usher/sdk/internal/codec"

func readSignup(r *codec.Reader) (s Signup) {
	r.Object(func(name string) {
		switch name {
		case "email":
			s.Email = r.String()
		case "email_domain":
			s.EmailDomain = r.String()
		case "organization_name":
			s.OrganizationName = r.String()
		case "slug":
			s.Slug = r.String()
		case "display_name":
			s.DisplayName = r.String()
		case "locale":
			s.Locale = r.String()
		case "metadata":
			s.Metadata = r.StringMap()
		default:
			r.Skip()
		}
	})
	return s
}

func appendVerdict(b []byte, v Verdict) []byte {
	b = codec.AppendString(append(b, `{"outcome":`...), string(v.Outcome))
	b = appendPatch(append(b, `,"data":`...), v.Data)
	if len(v.Errors) > 0 {
		b = append(b, `,"errors":[`...)
		for i, e := range v.Errors {
			if i > 0 {
				b = append(b, ',')
			}
			b = codec.AppendString(append(b, `{"field":`...), e.Field)
			b = codec.AppendString(append(b, `,"code":`...), e.Code)
			b = codec.AppendString(append(b, `,"message":`...), e.Message)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func appendPatch(b []byte, p Patch) []byte {
	b = append(b, '{')
	if p.Slug != nil {
		b = codec.AppendString(append(b, `"slug":`...), *p.Slug)
	}
	if p.Metadata != nil {
		if p.Slug != nil {
			b = append(b, ',')
		}
		b = codec.AppendStringMap(append(b, `"metadata":`...), p.Metadata)
	}
	return append(b, '}')
}
