#!/bin/bash
# Runs a command on a Debian kernel that has IPVS, under qemu, without a network. The machine's root file system is shared
# read-only over 9p (what is written goes to memory), and the folder OUT is /mnt/out inside, writable.
#   vm.sh OUT COMMAND...    exit: that of the command; 77 and one line on stderr where something is missing
# Needs root and Debian's qemu-system-x86, busybox-static, kmod and cpio. The kernel is unpacked from Debian's package into
# ~/.cache/podwalk-vm once, not installed. Environment: VM_MEMORY (MiB), VM_TIMEOUT (seconds).
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,7p "$0"; exit 2; }
PATH=$PATH:/usr/sbin:/sbin
missing() { echo "missing: $*" >&2; exit 77; }

out=$(realpath "$1"); shift
[ "$(id -u)" = 0 ] || missing 'root'
lacking=
while read -r command package; do
  command -v "$command" >/dev/null || lacking="$lacking, $command (Debian package $package)"
done <<END
qemu-system-x86_64 qemu-system-x86
busybox busybox-static
depmod kmod
cpio cpio
ipvsadm ipvsadm
ipset ipset
iptables-restore iptables
conntrack conntrack
tcpdump tcpdump
ping iputils-ping
END
[ -z "$lacking" ] || missing "${lacking#, }"
busybox=$(command -v busybox)
ldd "$busybox" >/dev/null 2>&1 && missing 'a busybox that needs no libraries (Debian package busybox-static)'

# What is not in the initrd cannot be loaded: everything but what a machine without hardware never has.
make_initrd() {
  local work package release
  work=$(mktemp -d "$cache/work.XXXXXX")
  cd "$work"
  package=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends/ { print $2; exit }')
  [ -n "$package" ] && apt-get download "$package" >/dev/null 2>&1 || { cd /; rm -rf "$work"; return 1; }
  dpkg-deb -x "$package"_*.deb kernel
  release=$(ls kernel/lib/modules)
  mkdir -p tree/bin tree/proc tree/sys tree/dev tree/lib/modules
  cp "$busybox" tree/bin/busybox
  cp -r "kernel/lib/modules/$release" tree/lib/modules/
  (
    cd "tree/lib/modules/$release/kernel"
    rm -rf sound drivers/{gpu,media,usb,scsi,infiniband,staging,iio,hid,input,ata,mmc,nvme} drivers/net/{wireless,ethernet}
  )
  depmod -b tree "$release"
  cat >tree/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
echo /bin/modprobe >/proc/sys/kernel/modprobe
for module in virtio_pci 9pnet_virtio 9p overlay crc32c_generic libcrc32c nf_conntrack br_netfilter vxlan veth bridge dummy \
  ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh ip_vs_mh ip_vs_dh ip_vs_sed ip_vs_nq xt_ipvs nft_chain_nat nft_compat; do
  modprobe "$module" 2>/dev/null
done
mkdir -p /lower /memory /root
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144 host0 /lower
mount -t tmpfs none /memory
mkdir -p /memory/upper /memory/work
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work none /root
mount -t proc none /root/proc
mount -t sysfs none /root/sys
mount -t devtmpfs none /root/dev
mount -t tmpfs none /root/run
mkdir -p /root/run/netns /root/mnt/out
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out0 /root/mnt/out
chroot /root /bin/bash -c '
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp
  ip link set lo up
  ip link del dummy0 2>/dev/null
  bash /mnt/out/.command >/mnt/out/log 2>&1
  echo $? >/mnt/out/.status'
sync
umount /root/mnt/out
poweroff -f
INIT
  chmod +x tree/init
  (cd tree && find . | cpio -o -H newc 2>/dev/null | gzip -1 >../initrd.gz)
  mv "kernel/boot/vmlinuz-$release" "$cache/vmlinuz"
  mv initrd.gz "$cache/initrd.gz"
  cd /
  rm -rf "$work"
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/podwalk-vm
mkdir -p "$cache" "$out"
[ -e "$cache/initrd.gz" ] || (make_initrd) || missing "Debian's kernel (apt-get download of the package that linux-image-amd64 depends on)"

printf 'cd %q && %s\n' "$PWD" "$*" >"$out/.command"
rm -f "$out/.status"
# In the background, so that whoever stops this script stops the machine.
timeout "${VM_TIMEOUT:-3600}" qemu-system-x86_64 -m "${VM_MEMORY:-2048}" -smp 2 -display none -serial file:"$out/console" -no-reboot \
  -kernel "$cache/vmlinuz" -initrd "$cache/initrd.gz" -append 'console=ttyS0 quiet panic=-1' -nic none \
  -virtfs local,path=/,mount_tag=host0,security_model=none,readonly=on,multidevs=remap \
  -virtfs local,path="$out",mount_tag=out0,security_model=none &
machine=$!
trap 'kill $machine 2>/dev/null || :' EXIT
trap 'exit 143' TERM INT HUP
wait $machine || :
[ -e "$out/.status" ] || { echo "the machine did not come to an end; its console is $out/console" >&2; exit 70; }
exit "$(cat "$out/.status")"
