package mail

import "github.com/usher-id/usher/core/brand"

// palette is the colours of a letter that follow its tenant's, in the light and in the dark. The
// grounds behind them are the layout's and the same for all.
type palette struct {
	Button, Ink, Edge, Accent                 string
	DarkButton, DarkInk, DarkEdge, DarkAccent string
}

// The cards of the layout.
var (
	paper     = brand.White
	darkPaper = brand.Colour{0x25, 0x19, 0x29}
)

// house is the palette of whoever has no colour.
var house = palette{
	Button: "#4a1b52", Ink: "#ffffff", Edge: "#4a1b52", Accent: "#4a1b52",
	DarkButton: "#ffcb8f", DarkInk: "#2b1238", DarkEdge: "#ffcb8f", DarkAccent: "#ffcb8f",
}

// paletteOf makes a palette of a colour. The button has the colour itself, and an edge where it
// would not stand out from the card; what is written in the colour is darkened or lightened until it can be read.
func paletteOf(colour string) palette {
	c, ok := brand.ParseColour(colour)
	if !ok {
		return house
	}
	button, ink := c.String(), c.Ink().String()
	return palette{
		Button: button, Ink: ink,
		Edge: c.On(paper, brand.EdgeContrast).String(), Accent: c.On(paper, brand.TextContrast).String(),
		DarkButton: button, DarkInk: ink,
		DarkEdge: c.On(darkPaper, brand.EdgeContrast).String(), DarkAccent: c.On(darkPaper, brand.TextContrast).String(),
	}
}
