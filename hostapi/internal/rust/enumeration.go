package rust

import (
	"fmt"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// enumeration writes an enumeration that is open: a host of a later version may say what this one does not know.
func (w *writer) enumeration(f *file, name string, values []shape.Value) {
	fmt.Fprintln(f)
	document(f, "", w.source.Doc(name))
	fmt.Fprintf(f, "#[derive(Debug, Clone, PartialEq, Eq)]\npub enum %s {\n", name)
	for _, v := range values {
		document(f, "    ", v.Doc)
		fmt.Fprintf(f, "    %s,\n", variant(v.Text))
	}
	fmt.Fprint(f, "    /// one that this version of the SDK does not know; empty when there is none\n    Other(String),\n}\n")

	fmt.Fprintf(f, "\nimpl %s {\n    /// The word that stands for it in JSON.\n    pub fn as_str(&self) -> &str {\n        match self {\n", name)
	for _, v := range values {
		fmt.Fprintf(f, "            %s::%s => %q,\n", name, variant(v.Text), v.Text)
	}
	fmt.Fprintf(f, "            %s::Other(word) => word,\n        }\n    }\n}\n", name)

	fmt.Fprintf(f, "\nimpl From<&str> for %s {\n    fn from(word: &str) -> Self {\n        match word {\n", name)
	for _, v := range values {
		fmt.Fprintf(f, "            %q => %s::%s,\n", v.Text, name, variant(v.Text))
	}
	fmt.Fprintf(f, "            _ => %s::Other(word.into()),\n        }\n    }\n}\n", name)

	fmt.Fprintf(f, "\nimpl Default for %s {\n    fn default() -> Self {\n        %s::Other(String::new())\n    }\n}\n", name, name)
	fmt.Fprintf(f, "\nimpl<'a> FromJson<'a> for %s {\n    fn read(r: &mut Reader<'a>) -> Self {\n        r.string().as_ref().into()\n    }\n}\n", name)
	fmt.Fprintf(f, "\nimpl ToJson for %s {\n    fn write_json(&self, out: &mut String) {\n        self.as_str().write_json(out);\n    }\n}\n", name)
}
