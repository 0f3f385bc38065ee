module invite-quota

go 1.26

require github.com/usher-id/usher v0.0.0

replace github.com/usher-id/usher => ./usher-sdk
