#!/bin/sh
# Makes a self-signed certificate for localhost in the given directory, unless it already has one that
# is valid for another day. For trials only: otherwise put a real tls.crt and tls.key there.
set -eu

directory=$1

if openssl x509 -in "$directory/tls.crt" -noout -checkend 86400 >/dev/null 2>&1 &&
    [ -e "$directory/tls.key" ]; then
    exit 0
fi

umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$directory/tls.key" -out "$directory/tls.crt"
