package browser

import (
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// View is how a person looks at a page.
type View struct {
	Width, Height int     // CSS pixels
	Scale         float64 // device pixels for one CSS pixel
	Touch         bool
	Dark          bool   // prefers-color-scheme: dark
	Calm          bool   // prefers-reduced-motion: reduce
	Language      string // navigator.languages, such as "de-AT,de"; the browser's own when empty
}

// Phone is a common phone held upright.
func Phone() View { return View{Width: 390, Height: 844, Scale: 2, Touch: true} }

// Narrow is the smallest width that pages must fit.
func Narrow() View { return View{Width: 320, Height: 640, Scale: 2, Touch: true} }

// Desktop is a laptop's window.
func Desktop() View { return View{Width: 1280, Height: 860, Scale: 1} }

// actions sets a tab up for the view.
func (v View) actions() []chromedp.Action[chromedp.Void] {
	options := []chromedp.EmulateViewportOption{chromedp.EmulateScale(v.Scale), v.screen}
	if v.Touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	actions := []chromedp.Action[chromedp.Void]{
		chromedp.EmulateViewport(int64(v.Width), int64(v.Height), options...),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: either(v.Dark, "dark", "light")},
			{Name: "prefers-reduced-motion", Value: either(v.Calm, "reduce", "no-preference")},
		}}),
	}
	if v.Language != "" {
		actions = append(actions, command(emulation.SetUserAgentOverride,
			emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 (usher test)", AcceptLanguage: v.Language}))
	}
	return actions
}

// screen makes the screen as large as the window.
func (v View) screen(metrics *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
	metrics.ScreenWidth, metrics.ScreenHeight = int64(v.Width), int64(v.Height)
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
