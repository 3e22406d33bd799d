#!/usr/bin/env bash
# base-image.sh NAME: a base image for the Dockerfiles from this machine's own files, where no registry can be
# reached: Node (the one in node_modules), npm, git and a shell, with the libraries that they need.
set -euo pipefail
name=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{tmp,etc/ssl/certs,var/lib,root,proc,sys,dev} "$root"/usr/{bin,sbin,lib,lib64,local/bin}
chmod 1777 "$root/tmp"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done

copy() { # with the path that it has here, links resolved
  local target=$1
  case $target in /bin/* | /sbin/* | /lib/* | /lib64/*) target=/usr$target ;; esac
  [ -e "$root$target" ] && return
  mkdir -p "$root$(dirname "$target")"
  cp -L --preserve=mode "$1" "$root$target"
}
programs='bash sh dash env cat ls cp mv rm mkdir rmdir ln touch chmod chown id date sleep echo printf true false head
 tail wc sort uniq cut tr tee sed grep find xargs mawk test expr basename dirname readlink realpath mktemp uname
 hostname ps kill df du stat tar gzip sha256sum base64 od dd sync timeout install git nproc'
for program in $programs; do
  path=$(PATH=/usr/bin:/bin:/usr/sbin:/sbin type -P "$program") && copy "$path"
done
ln -sf mawk "$root/usr/bin/awk"
mkdir -p "$root/usr/lib/git-core"
cp -a /usr/lib/git-core/. "$root/usr/lib/git-core/"
cp -L "$here/node_modules/node/bin/node" "$root/usr/bin/node"
mkdir -p "$root/usr/lib/node_modules"
cp -a "$(dirname "$(dirname "$(readlink -f "$(PATH=/usr/bin:/usr/local/bin type -P npm)")")")" "$root/usr/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
{ find "$root/usr/bin" "$root/usr/lib/git-core" -type f -exec ldd {} + 2>/dev/null || true; } |
  awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' | sort -u |
  while read -r library; do copy "$library"; done
# What programs load by themselves, and native parts of npm packages are linked to.
libraries=$(dirname "$(ldconfig -p | awk '$1 == "libc.so.6" { print $NF; exit }')")
for library in libnss_files.so.2 libnss_dns.so.2 libresolv.so.2 librt.so.1 libpthread.so.0 libdl.so.2 libm.so.6 \
  libutil.so.1 libgcc_s.so.1 libstdc++.so.6; do
  [ ! -e "$libraries/$library" ] || copy "$libraries/$library"
done
copy /etc/ssl/certs/ca-certificates.crt
printf 'root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1000:node:/home/node:/bin/bash\n' >"$root/etc/passwd"
printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

container=$(buildah from scratch)
buildah add -q "$container" "$root" / >/dev/null
buildah config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
  --env npm_config_registry="$(npm config get registry)" "$container"
buildah commit -q --rm "$container" "$name" >/dev/null
