package plugins

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// image is a warm guest's memory that every instance of a version maps
// copy-on-write. The kernel then knows which pages a call has written, and a reset
// looks at those alone instead of at all memory. It is safe for concurrent use.
type image struct {
	fd      int
	bytes   []byte // the image itself, mapped for reading
	pagemap int
}

// Bits of an entry of /proc/self/pagemap (Linux, Documentation/admin-guide/mm/pagemap.rst).
const (
	pageShared  = 1 << 61 // of the file, so not written
	pageSwapped = 1 << 62
	pagePresent = 1 << 63
)

// newImage copies memory into a sealed file in memory. It fails where the kernel
// does not tell what was written, which it tries out.
func newImage(memory []byte) (*image, error) {
	im := &image{fd: -1, pagemap: -1}
	if err := errors.Join(im.fill(memory), im.try()); err != nil {
		im.close()
		return nil, err
	}
	return im, nil
}

func (im *image) fill(memory []byte) (err error) {
	if im.fd, err = unix.MemfdCreate("usher-plugin", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING); err != nil {
		return fmt.Errorf("make a memory file: %w", err)
	}
	for off := 0; off < len(memory); {
		n, err := unix.Pwrite(im.fd, memory[off:], int64(off))
		if err != nil {
			return fmt.Errorf("write a memory file: %w", err)
		}
		off += n
	}
	const forGood = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(im.fd), unix.F_ADD_SEALS, forGood); err != nil {
		return fmt.Errorf("seal a memory file: %w", err)
	}
	if im.bytes, err = unix.Mmap(im.fd, 0, len(memory), unix.PROT_READ, unix.MAP_PRIVATE); err != nil {
		return fmt.Errorf("map a memory file: %w", err)
	}
	if im.pagemap, err = unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open the page map: %w", err)
	}
	return nil
}

// try maps the image once, writes one byte, and wants to be told of that page alone.
func (im *image) try() error {
	if im.pagemap < 0 {
		return nil // fill has said why
	}
	l := &linear{limit: len(im.bytes)}
	if l.reserve(); l.region == nil {
		return errors.New("no memory can be reserved")
	}
	l.buf = l.region[:len(im.bytes)]
	if !im.restore(l) {
		return errors.New("the image cannot be mapped")
	}
	last := len(l.buf) - 1
	l.buf[last]++
	written := 0
	if !im.written(l, func(off, end int) {
		written++
		if last < off || last >= end {
			written = -len(l.buf)
		}
	}) || written != 1 {
		return errors.New("the kernel does not tell which pages were written")
	}
	return nil
}

// restore brings a memory of the image's size back to it; false when it cannot.
func (im *image) restore(l *linear) bool {
	if l.region == nil {
		return false
	}
	if l.image != im {
		_, err := unix.MmapPtr(im.fd, 0, unsafe.Pointer(&l.region[0]), uintptr(len(im.bytes)), //nolint:gosec // the reservation is as large at least
			unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
		if err != nil {
			return false
		}
		l.image = im
		return true
	}
	return im.written(l, func(off, end int) { copy(l.buf[off:end], im.bytes[off:end]) })
}

// written calls found for each page that has been written since it was mapped.
func (im *image) written(l *linear, found func(off, end int)) bool {
	page := os.Getpagesize()
	if want := len(im.bytes) / page; len(l.pages) != want {
		l.pages = make([]uint64, want)
	}
	entries := unsafe.Slice((*byte)(unsafe.Pointer(&l.pages[0])), 8*len(l.pages)) //nolint:gosec // the same memory, as the kernel writes it
	at := int64(uintptr(unsafe.Pointer(&l.region[0]))) / int64(page) * 8          //nolint:gosec // an address of this process
	if n, err := unix.Pread(im.pagemap, entries, at); err != nil || n != len(entries) {
		return false
	}
	for i, bits := range l.pages {
		if bits&pageSwapped != 0 && bits&pageShared == 0 || bits&pagePresent != 0 && bits&pageShared == 0 {
			found(i*page, (i+1)*page)
		}
	}
	return true
}

// content is the image itself, not to be written to.
func (im *image) content() []byte { return im.bytes }

// close lets go of the file. Memory that has it mapped keeps what it has.
func (im *image) close() {
	if im.bytes != nil {
		_ = unix.Munmap(im.bytes)
	}
	for _, fd := range []int{im.fd, im.pagemap} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// reserve takes addresses for all that the memory may grow to; pages come when they are used.
func (l *linear) reserve() {
	region, err := unix.Mmap(-1, 0, l.limit, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err == nil {
		l.hold(region, func(r []byte) { _ = unix.Munmap(r) })
	}
}
