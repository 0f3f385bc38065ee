package renderer

import (
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/sdk/internal/codec"
)

func readMessage(r *codec.Reader) (m Message) {
	r.Object(func(name string) {
		switch name {
		case "kind":
			m.Kind = hostapi.MessageKind(r.String())
		case "locale":
			m.Locale = r.String()
		case "tenant":
			m.Tenant = readTenant(r)
		case "recipient_name":
			m.RecipientName = r.String()
		case "inviter_name":
			m.InviterName = r.String()
		case "link":
			m.Link = r.String()
		case "expires_at":
			m.ExpiresAt = r.String()
		default:
			r.Skip()
		}
	})
	return m
}

func readTenant(r *codec.Reader) (t hostapi.MessageTenant) {
	r.Object(func(name string) {
		switch name {
		case "name":
			t.Name = r.String()
		case "slug":
			t.Slug = r.String()
		default:
			r.Skip()
		}
	})
	return t
}

func appendMail(b []byte, m Mail) []byte {
	b = append(b, `{"outcome":"`+string(hostapi.Continue)+`","data":{"subject":`...)
	b = codec.AppendString(b, m.Subject)
	b = codec.AppendString(append(b, `,"html":`...), m.HTML)
	b = codec.AppendString(append(b, `,"text":`...), m.Text)
	return append(b, "}}"...)
}
