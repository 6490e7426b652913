# Empty Debian roots to try things in; sourced by bare-root and dockerfile-steps. Needs root and debootstrap.
#
# All happens in namespaces of its own: mounts and processes vanish with the script, whatever becomes of it. This
# machine's package settings (apt sources, pip.conf, npmrc, proxies, certificates) are handed in and kept nowhere else.
# What debootstrap made is kept as a tarball in FIELDSTONE_ROOTS (/var/tmp).

suite=bookworm
kept=${FIELDSTONE_ROOTS:-/var/tmp}
roots=$(mktemp -d "$kept/fieldstone-roots.XXXXXX")
chmod 755 "$roots"

leave() {
  local mounted
  for mounted in "$roots"/*/proc "$roots"/*/dev; do umount --recursive --lazy "$mounted" 2>/dev/null || true; done
  rm -rf --one-file-system "$roots"
}
trap leave EXIT

mapfile -t settings < <(env | grep -E '^(PIP_|NPM_CONFIG_|npm_config_|NODE_EXTRA_CA|SSL_CERT|REQUESTS_CA|CURL_CA|GIT_SSL|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)' || true)
settings+=(LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

new_root() { # NAME [PACKAGES]: unpack an empty Debian with these packages; its folder is left in $root
  local tar path
  tar=$kept/fieldstone-debian-$suite-$(cksum <<<"${2:-}" | cut -d' ' -f1).tar
  root=$roots/$1
  mkdir "$root"
  if [ ! -e "$tar" ]; then
    debootstrap --variant=minbase ${2:+"--include=$2"} "$suite" "$root" >&2
    tar -C "$root" -cf "$tar.part" . && mv "$tar.part" "$tar"
  else
    tar -C "$root" -xf "$tar"
  fi
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  for path in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /usr/etc/npmrc /etc/apt/apt.conf.d /etc/ssl/certs/ca-certificates.crt; do hand_in "$path"; done
  if grep -qs "VERSION_CODENAME=$suite" /etc/os-release; then
    rm -f "$root/etc/apt/sources.list"
    for path in /etc/apt/sources.list /etc/apt/sources.list.d; do hand_in "$path"; done
  fi
}

hand_in() { # PATH: the same path inside, when it is here
  [ ! -e "$1" ] || { mkdir -p "$root$(dirname "$1")" && cp -rL "$1" "$root$(dirname "$1")/"; }
}
