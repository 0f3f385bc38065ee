module github.com/usher-id/usher

go 1.26
