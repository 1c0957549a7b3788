#!/bin/sh
# A plain script around the command line: each image of a list, one after the other; the worst exit code counts.
# promote.sh BUILD PRODUCTION < images.txt
set -u
worst=0
while read -r image; do
  node --conditions=@sallyport/source "$(dirname "$0")/cli.ts" promote "$1/$image" "$2/$image" >&2
  code=$?
  echo "$image $code"
  [ "$code" -gt "$worst" ] && worst=$code
done
exit "$worst"
