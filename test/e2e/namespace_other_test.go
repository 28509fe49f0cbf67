//go:build !linux

package e2e

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"testing"
)

// namespace is a network of the test's own, which only Linux has. A nil one is
// the machine's own network.
type namespace struct{}

func newNamespace(t *testing.T) *namespace {
	t.Helper()
	skip(t, "network namespaces are Linux's")
	return nil
}

func (*namespace) start(cmd *exec.Cmd) error { return cmd.Start() }

func (*namespace) listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

func (*namespace) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, network, addr)
}

func (*namespace) client() *http.Client { return http.DefaultClient }

func (*namespace) ip(*testing.T, string) {}

func (*namespace) run(*testing.T, string, ...string) {}

func (*namespace) wire(*testing.T, *namespace, string, string, string) {}
