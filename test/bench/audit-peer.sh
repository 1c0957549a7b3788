#!/bin/sh
# What people run today to see what is in a registry: for each tag its digest, and what cosign says of each digest.
# usage: audit-peer.sh REPOSITORY…, with CRANE, COSIGN, JQ (programs), KEY (file) and WORK (folder); prints a line for each
# image.
set -u
verify="--key $KEY --insecure-ignore-tlog=true --allow-http-registry"

attested() {
  "$COSIGN" verify-attestation $verify --type "$1" "$2" > "$WORK/attestation.json" 2> /dev/null &&
    "$JQ" -r '.payload' "$WORK/attestation.json" | base64 -d | "$JQ" -r '.predicateType' > /dev/null
}

for repository in "$@"; do
  seen=" "
  for tag in $("$CRANE" ls --insecure "$repository"); do
    digest=$("$CRANE" digest --insecure "$repository:$tag")
    case "$tag" in sha256-*) continue ;; esac
    case "$seen" in *" $digest "*) continue ;; esac
    seen="$seen$digest "
    type=$("$CRANE" manifest --insecure "$repository@$digest" | "$JQ" -r '.config.mediaType // .mediaType')
    case "$type" in *config* | *index*) ;; *) continue ;; esac
    found=
    "$COSIGN" verify $verify "$repository@$digest" > /dev/null 2>&1 || found="$found unsigned"
    attested https://cyclonedx.org/bom "$repository@$digest" || found="$found no-sbom"
    attested https://slsa.dev/provenance/v1 "$repository@$digest" || found="$found no-provenance"
    attested https://slsa.dev/verification_summary/v1 "$repository@$digest" || found="$found no-decision"
    echo "$repository@$digest$found"
  done
done
