#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# openssl_cli.sh SIGN_EXAMPLE - the openssl command alone accepts a SIGSTRUCT of
# ours: key and signature are cut out of the file, turned round, and given to
# `openssl dgst -verify`.
set -eu

sign=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# cut FILE OFFSET SIZE, to standard output
cut()
{
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

# standard input, last byte first
reversed()
{
	python3 -c 'import sys
sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])'
}

hex()
{
	od -An -v -tx1 | tr -d ' \n'
}

# verify FILE: is FILE's signature over its signed bytes good?
verify()
{
	modulus=$(cut "$1" 128 384 | reversed | hex)
	exponent=$(cut "$1" 512 4 | reversed | hex)
	cut "$1" 516 384 | reversed >"$dir/signature"
	{
		cut "$1" 0 128
		cut "$1" 900 128
	} >"$dir/body"
	cat >"$dir/key.cnf" <<-END
		asn1=SEQUENCE:pubkeyinfo
		[pubkeyinfo]
		algorithm=SEQUENCE:rsa_alg
		pubkey=BITWRAP,SEQUENCE:rsapubkey
		[rsa_alg]
		algorithm=OID:rsaEncryption
		parameter=NULL
		[rsapubkey]
		n=INTEGER:0x$modulus
		e=INTEGER:0x$exponent
	END
	openssl asn1parse -genconf "$dir/key.cnf" -noout -out "$dir/key.der"
	openssl dgst -sha256 -keyform DER -verify "$dir/key.der" \
		-signature "$dir/signature" "$dir/body" >"$dir/out" 2>&1
}

openssl genrsa -3 -out "$dir/private.pem" 3072 2>/dev/null
"$sign" <"$dir/private.pem" >"$dir/sigstruct"
[ "$(wc -c <"$dir/sigstruct")" -eq 1808 ] || {
	echo "FAIL: not 1808 bytes"
	exit 1
}
verify "$dir/sigstruct" || {
	echo "FAIL: openssl refuses the signature"
	cat "$dir/out"
	exit 1
}

# The same way of asking must be able to say no: ISVSVN 0 becomes 1.
{
	cut "$dir/sigstruct" 0 1026
	printf '\001'
	cut "$dir/sigstruct" 1027 781
} >"$dir/changed"
if verify "$dir/changed"; then
	echo "FAIL: openssl accepts a changed body"
	exit 1
fi
