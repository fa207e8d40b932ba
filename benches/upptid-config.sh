#!/bin/sh
# Writes the configuration with which the agent is measured against many services at once: the
# shipped defaults, a service per number, and nothing else.
#
# Asks its environment for
#   SERVICES     how many services
#   INTERVAL_S   seconds between two attempts at one of them
#   BASE_URL     service number i signs in at ${BASE_URL}${i}/login, as demo / hemligt
#   CA           the private root, PEM
#   STATE_DIR    the state folder
#   CFG          the file to write; the password is written beside it
#   UPPTID_LISTEN  optional: where /metrics is [default: the agent's own, 127.0.0.1:10925]
set -eu
: "${SERVICES:?}" "${INTERVAL_S:?}" "${BASE_URL:?}" "${CA:?}" "${STATE_DIR:?}" "${CFG:?}"

password=$CFG.password
(umask 077 && printf 'hemligt\n' >"$password")

exec >"$CFG"
cat <<TOML
[agent]
name = "bench"
state_dir = "$STATE_DIR"

[web]
listen = "${UPPTID_LISTEN:-127.0.0.1:10925}"

[admin]
socket = "$STATE_DIR/admin.sock"
TOML

export password
awk 'BEGIN {
    for (i = 0; i < ENVIRON["SERVICES"]; i++) {
        printf "\n[[service]]\nname = \"s%d\"\ncustomer = \"Exempelbolaget AB\"\n", i
        printf "interval = \"%ds\"\n", ENVIRON["INTERVAL_S"]
        printf "\n[service.login]\nkind = \"form\"\nurl = \"%s%d/login\"\n", ENVIRON["BASE_URL"], i
        printf "ca_file = \"%s\"\nuser = \"demo\"\n", ENVIRON["CA"]
        printf "password = { file = \"%s\" }\n", ENVIRON["password"]
        print "proof = [{ text = \"Logga ut\" }]"
    }
}'
