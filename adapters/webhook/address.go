package webhook

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Private says which addresses inside one's own networks may be sent to.
type Private struct {
	All      bool
	Networks []netip.Prefix
}

// ParsePrivate reads "true", "false" or networks (CIDR) and addresses, separated by commas; "" is none.
func ParsePrivate(s string) (Private, error) {
	if s == "" {
		return Private{}, nil
	}
	if all, err := strconv.ParseBool(s); err == nil {
		return Private{All: all}, nil
	}
	var out Private
	for _, x := range strings.Split(s, ",") {
		if x = strings.TrimSpace(x); x == "" {
			continue
		}
		p, err := netip.ParsePrefix(x)
		if err != nil {
			a, alone := netip.ParseAddr(x)
			if alone != nil {
				return out, fmt.Errorf("%q is neither true nor a network nor an address", x)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out.Networks = append(out.Networks, p.Masked())
	}
	return out, nil
}

// any tells whether anything private is allowed.
func (p Private) any() bool { return p.All || len(p.Networks) > 0 }

func (p Private) holds(a netip.Addr) bool {
	if p.All {
		return true
	}
	for _, n := range p.Networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// special are the networks that are not the public internet (RFC 6890 and the IANA registries it began), besides those that net/netip knows. The last two are where
// clouds keep what their machines may know of themselves.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
	"168.63.129.16/32", "fd00:ec2::/32",
)

// carriers are the networks whose addresses hold one of IPv4, from this byte on: NAT64 (RFC 6052) and 6to4 (RFC 3056).
var carriers = []struct {
	network netip.Prefix
	at      int
}{{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("2002::/16"), 2}}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, x := range list {
		out[i] = netip.MustParsePrefix(x)
	}
	return out
}

// public tells whether an address belongs to the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	for _, c := range carriers {
		if c.network.Contains(a) {
			b := a.As16()
			return public(netip.AddrFrom4([4]byte(b[c.at : c.at+4])))
		}
	}
	return true
}
