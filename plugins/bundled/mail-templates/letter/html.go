package letter

import "github.com/usher-id/usher/sdk/renderer"

// defaultAccent is readable behind white text: contrast 6.3 to 1.
const defaultAccent = "#4f46e5"

// accent takes the operator's colour when it is one, as six hexadecimal digits.
func accent(c string) string {
	if len(c) != 7 || c[0] != '#' {
		return defaultAccent
	}
	for _, d := range []byte(c[1:]) {
		if (d < '0' || d > '9') && (d < 'a' || d > 'f') && (d < 'A' || d > 'F') {
			return defaultAccent
		}
	}
	return c
}

// html lays the letter out for mail programs: a table, inline styles, and no
// image, script or font to fetch.
func (l *letter) html() string {
	b := make([]byte, 0, 4096)
	b = append(b, `<!doctype html><html lang="`+l.language+`"><head><meta charset="utf-8">`+
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"><title>`...)
	b = renderer.AppendHTML(b, l.title)
	b = append(b, `</title></head><body style="margin:0;background:#f4f4f7;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1f2333">`+
		`<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:32px 16px">`+
		`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border-radius:16px">`+
		`<tr><td style="padding:40px 36px;font-size:16px;line-height:1.6"><h1 style="margin:0 0 20px;font-size:24px;line-height:1.3">`...)
	b = renderer.AppendHTML(b, l.title)
	b = append(b, `</h1>`...)
	b = htmlParagraph(b, "", l.greeting())
	b = htmlParagraph(b, "", l.body)
	b = l.htmlLink(b)
	b = htmlParagraph(b, "color:#5d6175;font-size:14px", l.ignore)
	b = append(b, `<p style="margin:24px 0 0">`...)
	b = renderer.AppendHTML(b, l.bye)
	b = append(b, `<br><strong>`...)
	b = renderer.AppendHTML(b, l.message.Tenant.Name)
	return string(append(b, `</strong></p></td></tr></table></td></tr></table></body></html>`...))
}

// htmlLink writes the button, and the link in full for those whose mail program
// shows none. The link is escaped, which leaves a placeholder as it is.
func (l *letter) htmlLink(b []byte) []byte {
	if l.message.Link == "" {
		return b
	}
	link := renderer.HTML(l.message.Link)
	b = append(b, `<p style="margin:28px 0"><a href="`+link+`" style="display:inline-block;padding:14px 26px;border-radius:10px;background:`+
		l.accent+`;color:#ffffff;font-weight:600;text-decoration:none">`...)
	b = renderer.AppendHTML(b, l.button)
	b = append(b, `</a></p>`...)
	if v := l.validity(); v != "" {
		b = htmlParagraph(b, "", v)
	}
	b = append(b, `<p style="margin:0 0 16px;color:#5d6175;font-size:14px">`...)
	b = renderer.AppendHTML(b, l.fallback)
	return append(b, `<br><a href="`+link+`" style="color:`+l.accent+`;word-break:break-all">`+link+`</a></p>`...)
}

func htmlParagraph(b []byte, style, text string) []byte {
	b = append(b, `<p style="margin:0 0 16px;`+style+`">`...)
	b = renderer.AppendHTML(b, text)
	return append(b, `</p>`...)
}
