package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// thread is a thread of this process that runs what it is given. Programs that
// are started on it end with it, however this process ends.
type thread struct {
	id   int // TID
	work chan func()
	done sync.WaitGroup
}

// newThread makes a thread and runs begin on it first.
func newThread(begin func() error) (*thread, error) {
	h := &thread{work: make(chan func())}
	begun := make(chan error)
	h.done.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the function
		h.id = syscall.Gettid()
		err := begin()
		begun <- err
		if err != nil {
			return
		}
		for f := range h.work {
			f()
		}
	})
	if err := <-begun; err != nil {
		h.done.Wait()
		return nil, err
	}
	return h, nil
}

// do runs f on the thread.
func (h *thread) do(f func() error) error {
	result := make(chan error)
	h.work <- func() { result <- f() }
	return <-result
}

// home is a thread in the machine's own network.
var home = sync.OnceValue(func() *thread {
	h, err := newThread(func() error { return nil })
	if err != nil {
		panic(err) // there is none
	}
	return h
})

// namespace is a network of the test's own: nobody outside is reached from it,
// nor reaches into it. It has no name and hangs on one thread, so that the
// kernel takes it away with this process at the latest. A nil namespace is the
// machine's own network.
type namespace struct{ thread *thread }

// newNamespace makes a network in which nothing is but loopback. Where that is
// not permitted the test is skipped.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	h, err := newThread(func() error { return syscall.Unshare(syscall.CLONE_NEWNET) })
	if errors.Is(err, syscall.EPERM) {
		skip(t, "a network namespace needs CAP_SYS_ADMIN and CAP_NET_ADMIN: run as root")
	}
	if err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
	t.Cleanup(func() {
		close(h.work)
		h.done.Wait()
	})
	n := &namespace{h}
	// A cable that comes gets no address of IPv6. The kernel would try one out for a second
	// or two, and Chromium breaks off what it loads when it finds the address there
	// (ERR_NETWORK_CHANGED).
	err = h.do(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	n.ip(t, "link set lo up")
	return n
}

// on returns the thread on which to open or start what shall be in there.
func (n *namespace) on() *thread {
	if n == nil {
		return home()
	}
	return n.thread
}

// start starts a program in there.
func (n *namespace) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return n.on().do(cmd.Start)
}

// ip runs the ip command in there.
func (n *namespace) ip(t *testing.T, args string) {
	t.Helper()
	n.run(t, "ip", strings.Fields(args)...)
}

// run runs a program in there that does something to the network.
func (n *namespace) run(t *testing.T, program string, args ...string) {
	t.Helper()
	var out strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := n.start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, out.String())
	}
}

// listen opens a TCP port in there.
func (n *namespace) listen(addr string) (listener net.Listener, err error) {
	err = n.on().do(func() error {
		listener, err = net.Listen("tcp", addr)
		return err
	})
	return listener, err
}

// client asks over HTTP from in there, or over HTTPS, of whoever answers: nobody else
// is in there.
func (n *namespace) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DialContext:       n.dial,
	}}
}

// dial connects from in there.
func (n *namespace) dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	err = n.on().do(func() error {
		var dialer net.Dialer
		conn, err = dialer.DialContext(ctx, network, addr)
		return err
	})
	return conn, err
}

// wire joins n and far by a cable of that name, and gives its ends the addresses
// ("10.77.1.1/24"); what far sends elsewhere goes along it too.
func (n *namespace) wire(t *testing.T, far *namespace, name, addr, farAddr string) {
	t.Helper()
	n.ip(t, fmt.Sprintf("link add %s type veth peer name %s netns /proc/%d/ns/net", name, name, far.thread.id))
	n.ip(t, fmt.Sprintf("addr add %s dev %s", addr, name))
	n.ip(t, "link set "+name+" up")
	far.ip(t, fmt.Sprintf("addr add %s dev %s", farAddr, name))
	far.ip(t, "link set "+name+" up")
	via, _, _ := strings.Cut(addr, "/")
	far.ip(t, "route add default via "+via)
}
