package hostapi

// ABI names this version of the contract; it stands in every [Envelope].
const ABI = "usher/v1"

// ModuleCore is the import module that is lent to every guest.
const ModuleCore = "usher:core/v1"

// The functions of [ModuleCore]. CoreFunctions gives their signatures.
const (
	// FuncInputLen tells the length of the envelope in bytes.
	FuncInputLen = "input_len"
	// FuncInputRead copies up to len bytes of the envelope from off to dst and
	// gives the number of bytes copied.
	FuncInputRead = "input_read"
	// FuncOutputWrite appends len bytes at src to the output and gives len, or
	// minus [StatusLimit] when the output would outgrow its limit; the call has
	// then failed whatever the guest does.
	FuncOutputWrite = "output_write"
	// FuncLog writes one line to the plugin log at one of the Log levels.
	FuncLog = "log"
	// FuncFail says why the call is about to fail; the guest then returns [ReturnFailed].
	FuncFail = "fail"
	// FuncResultRead copies up to len bytes of the last capability's answer from
	// off to dst and gives the number of bytes copied.
	FuncResultRead = "result_read"
	// FuncNowMS gives the wall clock in milliseconds since 1970, frozen for the call.
	FuncNowMS = "now_ms"
	// FuncDeadlineMS gives the instant, in milliseconds since 1970, at which the call is aborted.
	FuncDeadlineMS = "deadline_ms"
	// FuncRandom fills len bytes at dst from the host's secure random source and
	// gives len, or minus [StatusLimit] above [MaxRandom] bytes.
	FuncRandom = "random"
)

// What the exported function of a hook returns.
const (
	ReturnOK     int32 = 0
	ReturnFailed int32 = 1
)

// StatusLimit is what a host function refuses with, negated, when a limit is in the way.
const StatusLimit int32 = 4

// MaxRandom is the most bytes that one call of [FuncRandom] gives.
const MaxRandom = 4096

// The levels of [FuncLog]; others are clamped to the nearest.
const (
	LogDebug int32 = 0
	LogInfo  int32 = 1
	LogWarn  int32 = 2
	LogError int32 = 3
)

// The names that a guest exports beside its hooks.
const (
	ExportMemory     = "memory"
	ExportInitialize = "_initialize"
)

// ManifestSection is the custom section that holds the [Manifest] as JSON, so
// that the digest of a module covers it.
const ManifestSection = "usher.manifest"

// ValueType is a WebAssembly number type as its binary format encodes it.
type ValueType byte

// The number types that the contract uses.
const (
	I32 ValueType = 0x7f
	I64 ValueType = 0x7e
)

// Signature is the type of a function that crosses the border.
type Signature struct {
	Params  []ValueType
	Results []ValueType
}

// CoreFunctions gives the signature of each function of [ModuleCore] by name.
func CoreFunctions() map[string]Signature {
	return map[string]Signature{
		FuncInputLen:    {Results: []ValueType{I32}},
		FuncInputRead:   {Params: []ValueType{I32, I32, I32}, Results: []ValueType{I32}},
		FuncOutputWrite: {Params: []ValueType{I32, I32}, Results: []ValueType{I32}},
		FuncLog:         {Params: []ValueType{I32, I32, I32}},
		FuncFail:        {Params: []ValueType{I32, I32}},
		FuncResultRead:  {Params: []ValueType{I32, I32, I32}, Results: []ValueType{I32}},
		FuncNowMS:       {Results: []ValueType{I64}},
		FuncDeadlineMS:  {Results: []ValueType{I64}},
		FuncRandom:      {Params: []ValueType{I32, I32}, Results: []ValueType{I32}},
	}
}

// HookSignature is the type of the function that a guest exports for a hook.
func HookSignature() Signature { return Signature{Results: []ValueType{I32}} }
