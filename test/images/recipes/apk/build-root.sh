#!/bin/sh
# Makes packages of programs that are compiled here against musl, of musl itself and of busybox, and installs them into $ROOT
# with the installer of apko.
set -eu
here=$PWD
cd "$STAGE"
apt-get download -q musl musl-dev busybox-static >&2
for archive in *.deb; do dpkg-deb -x "$archive" unpacked; done
tree="$STAGE/tree"
mkdir -p "$tree/bin" "$tree/etc" "$tree/lib" "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib" "$tree/usr/include" "$tree/usr/share/doord"
musl="$STAGE/unpacked/usr/lib/x86_64-linux-musl"
libc="$STAGE/unpacked/lib/x86_64-linux-musl/libc.so"
cp "$libc" "$tree/lib/ld-musl-x86_64.so.1"
chmod 755 "$tree/lib/ld-musl-x86_64.so.1"
ln -s ld-musl-x86_64.so.1 "$tree/lib/libc.musl-x86_64.so.1"
cp "$STAGE/unpacked/bin/busybox" "$tree/bin"
ln -s /bin/busybox "$tree/bin/sh"
printf 'root:x:0:0:root:/:/bin/sh\ndoord:x:990:990::/:/sbin/nologin\n' >"$tree/etc/passwd"
printf 'root:x:0:\ndoord:x:990:\n' >"$tree/etc/group"
printf '3.20.0\n' >"$tree/etc/alpine-release"
printf 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.0\nPRETTY_NAME="A small root of apk packages"\n' >"$tree/etc/os-release"
printf 'listen doord.test\n' >"$tree/etc/doord.conf"

compile() {
  output=$1
  shift
  gcc -O2 -Wall -Werror -fPIC -fno-stack-protector -nostdinc -isystem "$STAGE/unpacked/usr/include/x86_64-linux-musl" \
    -nostdlib -ffile-prefix-map="$here=." -o "$output" "$@" -L"$tree/lib" -l:libc.musl-x86_64.so.1 -lgcc
}
program='-pie -Wl,-dynamic-linker,/lib/ld-musl-x86_64.so.1'
compile "$tree/usr/lib/libdoors.so.1" -shared -Wl,-soname,libdoors.so.1 "$here/source/libdoors.c"
ln -s libdoors.so.1 "$tree/usr/lib/libdoors.so"
compile "$tree/usr/sbin/doord" $program "$musl/Scrt1.o" "$musl/crti.o" "$here/source/doord.c" "$tree/usr/lib/libdoors.so.1" "$musl/crtn.o"
compile "$tree/usr/lib/libpaint.so.2" -shared -Wl,-soname,libpaint.so.2 "$here/source/libpaint.c"
compile "$tree/usr/bin/paint" $program "$musl/Scrt1.o" "$musl/crti.o" "$here/source/paint.c" "$tree/usr/lib/libpaint.so.2" "$musl/crtn.o"
cp "$here/source/doors.h" "$tree/usr/include"
install -m 755 "$here/source/doorstatus" "$tree/usr/bin/doorstatus"
install -m 644 "$here/source/words.sh" "$tree/usr/share/doord/words.sh"
printf '#!/bin/sh\nexec paint "$@"\n' >"$tree/usr/bin/repaint"
chmod 755 "$tree/usr/bin/repaint"

cd "$here/installer"
CGO_ENABLED=0 GOWORK=off GOFLAGS='-buildvcs=false -mod=readonly' go build -o "$STAGE/installer"
"$STAGE/installer" "$here/packages.json" "$tree" "$STAGE/repository" "$ROOT" alpine-baselayout busybox doord libdoors-dev repaint
# What busybox's trigger does in a system that runs it.
for applet in cat ls grep sed wget; do ln -s /bin/busybox "$ROOT/bin/$applet"; done
echo 'https://example.org/alpine' >"$ROOT/etc/apk/repositories"
