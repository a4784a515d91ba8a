#!/usr/bin/env bash
# Make a root file system that stands in for python:3.13-slim-trixie: Debian trixie with its own
# Python, offered as that image offers it. Usage: stand_in.sh ARCHITECTURE FOLDER EMULATORS
# With the architecture of this machine, its emulators for the others are put into EMULATORS.
#
# Packages are unpacked, not configured: configuring those of another architecture would be
# emulated, and takes ten minutes.
set -euo pipefail
architecture=$1 root=$2 emulators=$3
packages=python3,python3-pip
here=$(dpkg --print-architecture)
[ "$architecture" != "$here" ] || packages+=,qemu-user

rm -rf "$root"
debootstrap --foreign --arch="$architecture" --variant=minbase --include=$packages \
    trixie "$root" > "$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; exit 1; }
for package in "$root"/var/cache/apt/archives/qemu-user_*.deb; do
    [ -e "$package" ] || continue
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$emulators" \
        --strip-components=3 ./usr/bin/qemu-aarch64 ./usr/bin/qemu-x86_64
    rm "$package"
done
for package in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar --extract --directory "$root" --keep-directory-symlink
done
rm -rf "$root/debootstrap" "$root"/var/cache/apt/archives/*.deb "$root/proc"
mkdir -p "$root/proc"

# What configuring would have done.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"

# `python` and site-packages where python:3.13-slim has them; `pip` without Debian's objection.
mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/python3.13/site-packages"
ln -s site-packages "$root/usr/local/lib/python3.13/dist-packages"
ln -s /usr/bin/python3 "$root/usr/local/bin/python"
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED
