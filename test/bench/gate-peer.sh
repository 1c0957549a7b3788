#!/bin/sh
# What people run today instead of a gate: pull, scan, count, copy by digest, attest, sign, verify, and then the tag.
# usage: gate-peer.sh SOURCE TARGET TAG, with CRANE, TRIVY, COSIGN (programs), TRIVY_CACHE, KEYS and WORK (folders)
set -eu
source=$1 target=$2 tag=$3
offline="--use-signing-config=false --tlog-upload=false --yes --allow-http-registry"

digest=$("$CRANE" digest --insecure "$source")
rm -rf "$WORK" && mkdir -p "$WORK"
"$CRANE" pull --insecure --format=oci "${source%:*}@$digest" "$WORK/image"

scan() {
  "$TRIVY" image --quiet --cache-dir "$TRIVY_CACHE" --skip-db-update --skip-java-db-update --skip-version-check \
    --offline-scan --scanners=vuln "$@"
}
scan --format=json --list-all-pkgs --input "$WORK/image" --output "$WORK/report.json"
critical=$(grep -c '"Severity": "CRITICAL"' "$WORK/report.json" || true)
[ "$critical" -le 100000 ] || exit 1
"$TRIVY" convert --quiet --format=cyclonedx --output "$WORK/sbom.json" "$WORK/report.json"
"$TRIVY" convert --quiet --format=cosign-vuln --output "$WORK/vuln.json" "$WORK/report.json"
printf '{"policy":"none","verdict":"PASSED","verifier":"script"}' > "$WORK/decision.json"

"$CRANE" copy --insecure "${source%:*}@$digest" "$target@$digest"
"$COSIGN" attest --key "$KEYS/cosign.key" $offline --type cyclonedx --predicate "$WORK/sbom.json" "$target@$digest"
"$COSIGN" attest --key "$KEYS/cosign.key" $offline --type vuln --predicate "$WORK/vuln.json" "$target@$digest"
"$COSIGN" attest --key "$KEYS/cosign.key" $offline --type custom --predicate "$WORK/decision.json" "$target@$digest"
"$COSIGN" sign --key "$KEYS/cosign.key" $offline "$target@$digest"
verify="--key $KEYS/cosign.pub --insecure-ignore-tlog=true --allow-http-registry"
"$COSIGN" verify $verify "$target@$digest" > "$WORK/verified.json"
"$COSIGN" verify-attestation $verify --type cyclonedx "$target@$digest" > "$WORK/verified-sbom.json"
"$COSIGN" verify-attestation $verify --type vuln "$target@$digest" > "$WORK/verified-vuln.json"
"$CRANE" tag --insecure "$target@$digest" "$tag"
