#!/bin/sh
# Runs COMMAND in what a Lambda function sees of its machine. Needs mount and PID namespaces.
#   execution_environment.sh ROOT LANG RUNTIME TASK TMP_MEGABYTES USER COMMAND…
# USER is uid:gid, or empty: then the user stays who it is.
set -eu
root=$1 lang=$2 runtime=$3 task=$4 megabytes=$5 user=$6
shift 6
PATH_OF_FUNCTION=$PATH
PATH=/usr/sbin:/sbin:/usr/bin:/bin

read_only() {
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir dev etc proc tmp
for library in /lib /lib64 /usr/lib /usr/lib64; do
    if [ -L "$library" ]; then cp -P "$library" ".$library"
    elif [ -d "$library" ]; then read_only "$library" ".$library"; fi
done
read_only "$lang" var/lang
read_only "$runtime" var/runtime
read_only "$task" var/task
# There is no /dev/shm, and so no semaphore of multiprocessing.
for device in null zero full random urandom; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
ln -s /proc/self/fd dev/fd
echo "sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin" > etc/passwd
mount -t proc proc proc
mount -t tmpfs -o "size=${megabytes}m,mode=1777" tmpfs tmp
mount -o remount,ro "$root"
ulimit -n 1024
chroot=$(command -v chroot) setpriv=$(command -v setpriv)
[ -z "$user" ] || set -- --userspec="$user" --groups= "$root" "$@"
[ -n "$user" ] || set -- "$root" "$@"
PATH=$PATH_OF_FUNCTION
unset PATH_OF_FUNCTION OLDPWD
exec "$setpriv" --no-new-privs "$chroot" "$@"
