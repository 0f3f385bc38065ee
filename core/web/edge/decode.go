package edge

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gofiber/fiber/v2"

	"github.com/usher-id/usher/core"
)

// Decoder reads the JSON body of one type of request, strictly: an object with
// known names in their exact case, each once, of the right type and never null,
// in valid UTF-8, and nothing behind it. Fields without omitzero are required.
type Decoder[T any] struct {
	options  json.Options
	required []requiredField
}

// NewDecoder prepares the reading of a T, which is a struct.
func NewDecoder[T any]() *Decoder[T] {
	return &Decoder[T]{
		options: json.JoinOptions(
			json.RejectUnknownMembers(true),
			json.WithUnmarshalers(json.UnmarshalFromFunc(refuseNull)),
		),
		required: requiredFields(reflect.TypeFor[T]()),
	}
}

// Decode reads the body of a call. The value shares no memory with the request.
func (d *Decoder[T]) Decode(c *Call) (T, error) {
	var value T
	if err := wantsJSON(c.http.Request.Header.ContentType()); err != nil {
		return value, err
	}
	body := c.http.Request.Body()
	if len(body) == 0 {
		return value, core.E(core.MalformedRequest, "The body is empty. Send a JSON object.").Because("empty_body")
	}
	if err := json.Unmarshal(body, &value, d.options); err != nil {
		return value, explain(err)
	}
	return value, missing(reflect.ValueOf(value), d.required)
}

func wantsJSON(contentType []byte) error {
	switch string(contentType) {
	case fiber.MIMEApplicationJSON, fiber.MIMEApplicationJSONCharsetUTF8, "application/json;charset=UTF-8":
		return nil
	}
	media, parameters, err := mime.ParseMediaType(string(contentType))
	charset := parameters["charset"]
	if err == nil && media == fiber.MIMEApplicationJSON && (charset == "" || strings.EqualFold(charset, "utf-8")) {
		return nil
	}
	return core.E(core.UnsupportedMedia, "Send the body with Content-Type: application/json.").Because("content_type")
}

// Text gives the body of a call that sends a text of this media type, in UTF-8; is is false
// where it sends something else.
func (c *Call) Text(media string) (body string, is bool) {
	sent, parameters, err := mime.ParseMediaType(string(c.http.Request.Header.ContentType()))
	charset := parameters["charset"]
	if err != nil || sent != media || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return "", false
	}
	return string(c.http.Request.Body()), true
}

var errNull = errors.New("null")

// refuseNull is asked before each value. Leaving a field out is the one way to
// leave it out.
func refuseNull(in *jsontext.Decoder, _ any) error {
	if in.PeekKind() == jsontext.KindNull {
		return errNull
	}
	return errors.ErrUnsupported // go on as usual
}

// explain turns an error of the decoder into a sentence that names the field or
// the place, and says what to do.
func explain(err error) error {
	if wrong, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return explainSyntax(wrong)
	}
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return core.E(core.MalformedRequest, "The body is not the JSON object that this call takes.").Because("malformed_json")
	}
	field := dotted(wrong.JSONPointer)
	if errors.Is(wrong.Err, json.ErrUnknownName) {
		return malformedField(field, "unknown_field",
			fmt.Sprintf("This call does not know the field %s. Check the spelling and the case, or leave it out.", shown(field)))
	}
	if field == "" {
		return core.E(core.MalformedRequest, "The body must be a JSON object.").Because("not_an_object")
	}
	if errors.Is(wrong.Err, errNull) {
		return malformedField(field, "wrong_type", fmt.Sprintf("The field %s must not be null; leave it out instead.", shown(field)))
	}
	return malformedField(field, "wrong_type",
		fmt.Sprintf("The field %s must be %s, not %s.", shown(field), wantedType(wrong.GoType), foundKind(wrong)))
}

func explainSyntax(wrong *jsontext.SyntacticError) error {
	switch {
	case errors.Is(wrong.Err, jsontext.ErrDuplicateName):
		field := dotted(wrong.JSONPointer)
		return malformedField(field, "duplicate_field", fmt.Sprintf("The field %s is given more than once. Give it once.", shown(field)))
	case errors.Is(wrong.Err, io.ErrUnexpectedEOF), errors.Is(wrong.Err, io.EOF):
		return core.E(core.MalformedRequest, fmt.Sprintf("The JSON ends too early, at byte %d.", wrong.ByteOffset)).Because("malformed_json")
	}
	return core.E(core.MalformedRequest,
		fmt.Sprintf("The body is not valid JSON at byte %d. Send one JSON object in UTF-8 and nothing after it.", wrong.ByteOffset)).Because("malformed_json")
}
