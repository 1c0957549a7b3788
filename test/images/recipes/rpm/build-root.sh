#!/bin/sh
# Makes packages of programs that are compiled here and of some of the machine's own, and installs them into $ROOT with rpm.
set -eu
tree="$STAGE/tree"
mkdir -p "$tree/etc" "$tree/proc" "$tree/dev" "$tree/tmp" "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib" \
  "$tree/usr/lib64" "$tree/usr/include" "$tree/usr/share/doord"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$tree/$name"; done
printf 'root:x:0:0:root:/:/bin/sh\ndoord:x:990:990::/:/sbin/nologin\n' >"$tree/etc/passwd"
printf 'root:x:0:\ndoord:x:990:\n' >"$tree/etc/group"
printf 'hosts: files dns\n' >"$tree/etc/nsswitch.conf"
printf 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=38\nPRETTY_NAME="A small root of rpm packages"\n' >"$tree/usr/lib/os-release"
echo 'A small root of rpm packages (of release 38)' >"$tree/etc/fedora-release"
ln -s ../usr/lib/os-release "$tree/etc/os-release"

library() {
  cp -L "$(find /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu -maxdepth 1 -name "$1" | head -n 1)" "$tree/usr/lib64/$1"
  chmod 755 "$tree/usr/lib64/$1"
}
for name in libc.so.6 libm.so.6 libresolv.so.2 libselinux.so.1 libpcre2-8.so.0 libsqlite3.so.0 libexpat.so.1; do
  library "$name"
done
cp -L /lib64/ld-linux-x86-64.so.2 "$tree/usr/lib64"
cp -L /sbin/ldconfig "$tree/usr/sbin"
echo /usr/lib64 >"$tree/etc/ld.so.conf"
: >"$tree/etc/ld.so.cache"
cp -L /bin/dash /bin/cat /usr/bin/sort /usr/bin/stat "$tree/usr/bin"
ln -s dash "$tree/usr/bin/sh"

: >"$tree/etc/doord.conf"

flags='-O2 -Wall -Werror -ffile-prefix-map=source=.'
cc $flags -shared -fPIC -Wl,-soname,libdoors.so.1 -o "$tree/usr/lib64/libdoors.so.1" source/libdoors.c
ln -s libdoors.so.1 "$tree/usr/lib64/libdoors.so"
cc $flags -o "$tree/usr/sbin/doord" source/doord.c -L"$tree/usr/lib64" -ldoors
cc $flags -shared -fPIC -Wl,-soname,libpaint.so.2 -o "$tree/usr/lib64/libpaint.so.2" source/libpaint.c
cc $flags -o "$tree/usr/bin/paint" source/paint.c "$tree/usr/lib64/libpaint.so.2"
cp source/doors.h "$tree/usr/include"
install -m 755 source/doorstatus "$tree/usr/bin/doorstatus"
install -m 644 source/words.sh "$tree/usr/share/doord"
printf '#!/bin/sh\nexec paint "$@"\n' >"$tree/usr/bin/repaint"
chmod 755 "$tree/usr/bin/repaint"

version=$(ldd --version | sed -n '1s/.* //p')
rpmbuild -bb --quiet --noclean --define "_topdir $STAGE/rpmbuild" --define "stage $STAGE" --define "libc_version $version" \
  --define '_build_id_links none' --define 'debug_package %{nil}' --define '__os_install_post %{nil}' \
  --define '_buildhost builder' --define 'clamp_mtime_to_source_date_epoch 1' specs/root.spec
rpm --root "$ROOT" --dbpath /var/lib/rpm --initdb
find "$STAGE/rpmbuild/RPMS" -name '*.rpm' | sort |
  xargs rpm --root "$ROOT" --dbpath /var/lib/rpm --install --nosignature --force-debian
rpm --root "$ROOT" --dbpath /var/lib/rpm --verify --all
