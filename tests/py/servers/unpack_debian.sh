#!/usr/bin/env bash
# Unpack Debian packages into a folder: nothing is installed, no root is needed, no cluster starts.
#
#   unpack_debian.sh FOLDER SUITE [--alone] PACKAGE...
#
# --alone leaves the packages' dependencies out. Programs in usr/lib/postgresql/<major>/bin, and
# pgbouncer, are wrapped so that they run through the folder's own loader and libraries, whatever the
# machine's are; only relative paths are used, so the folder can be moved. Chromium takes the folder's libraries,
# but the machine's loader and C library. Downloads come from the Debian mirror that this machine's apt already
# uses. FOLDER appears only when everything worked.
# Exit code 3: this machine cannot do it at all.
set -euo pipefail

folder=$1 suite=$2
shift 2
alone=no
if [ "$1" = --alone ]; then
    alone=yes
    shift
fi

refuse() {
    echo "$1" >&2
    exit 3
}

command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || refuse "apt is not here"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || refuse "the keys of the Debian archive are not here"

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/.unpack.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree

# find_mirror [OPTION...]: the Debian mirror that this machine's apt uses
find_mirror() {
    {
        apt-get "$@" indextargets 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
            --format '$(REPO_URI)' | sort -u
        apt-get "$@" indextargets 'Created-By: Packages' --format '$(REPO_URI)' |
            grep -E '/debian/?$' | sort -u
    } | sed -n 1p || true
}

mirror=$(find_mirror)
if [ -z "$mirror" ]; then
    # apt names its mirrors only after an update; one into a folder of ours needs no root
    mkdir -p "$work/machine/partial"
    own=(-o Dir::State::lists="$work/machine" -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
    apt-get -qq "${own[@]}" update || true
    mirror=$(find_mirror "${own[@]}")
fi
[ -n "$mirror" ] || refuse "apt knows no Debian mirror"
mkdir -p "$work"/{lists/partial,cache/archives/partial} "$tree"
: > "$work/status"
echo "deb [signed-by=$keyring] $mirror $suite main" > "$work/sources.list"
# an apt of its own: neither the machine's lists nor its installed packages are looked at or changed
apt=(
    apt-get -qq
    -o Dir::Etc::sourcelist="$work/sources.list"
    -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null
    -o Dir::State="$work"
    -o Dir::State::lists="$work/lists"
    -o Dir::State::status="$work/status"
    -o Dir::Cache="$work/cache"
    -o Acquire::Languages=none
    -o Acquire::Retries=3
    -o APT::Install-Recommends=false
    -o APT::Sandbox::User=root
    -o Debug::NoLocking=1
)
"${apt[@]}" update
if [ "$alone" = yes ]; then
    (cd "$work/cache/archives" && "${apt[@]}" download "$@") > /dev/null
else
    "${apt[@]}" --yes --download-only install "$@" > /dev/null
fi

# chromium starts itself again for its pages, as whatever it was started by: the machine's own loader
chromium=usr/lib/chromium/chromium-headless-shell
case " $* " in
    *" ${chromium##*/} "*) ours='libc6_*' ;;
    *) ours='' ;;
esac
for package in "$work"/cache/archives/*.deb; do
    case ${package##*/} in
        $ours) continue ;;
        # big, and only for JIT compilation and Perl scripts
        libllvm* | libz3* | perl-modules* | libperl5* | locales_* | libc-l10n*) continue ;;
    esac
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tree" --no-same-owner \
        --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale \
        --exclude=./var --exclude=./etc --exclude='*/bitcode' --exclude='llvmjit*'
done

# wrap PROGRAM: put a script in its place that starts it through the folder's own loader
wrap() {
    local up search='' library
    up=$(realpath --relative-to="$(dirname "$1")" "$tree")
    for library in $libraries; do
        search="$search\$root/$library:"
    done
    # older loaders do not know --argv0
    local argv0=''
    if "$tree/$loader" --help | grep -q -e --argv0; then
        argv0="--argv0 \"\$here/${1##*/}\""
    fi
    mv "$1" "$1.bin"
    cat > "$1" << SCRIPT
#!/bin/sh
here=\$(cd "\$(dirname "\$0")" && pwd) && root=\$(cd "\$here/$up" && pwd) || exit 1
exec "\$root/$loader" $argv0 --library-path "${search%:}" "\$here/${1##*/}.bin" "\$@"
SCRIPT
    chmod 755 "$1"
}

loader=$(cd "$tree" && find -L usr/lib64 usr/lib lib64 lib -maxdepth 2 -type f -name 'ld-linux*.so*' \
    2> /dev/null | sed -n 1p || true)
libraries=$(cd "$tree" && find usr/lib lib -maxdepth 1 -type d -name '*-linux-gnu*' \
    2> /dev/null || true)
for program in "$tree"/usr/lib/postgresql/*/bin/* "$tree"/usr/sbin/pgbouncer; do
    [ -f "$program" ] && [ -n "$loader" ] || continue
    wrap "$program"
done
if [ -f "$tree/$chromium" ]; then
    rm -f "$tree/usr/bin/${chromium##*/}"
    search=''
    for library in $libraries $(cd "$tree" && find usr/lib -maxdepth 2 -name pulseaudio); do
        search="$search\$root/$library:"
    done
    cat > "$tree/usr/bin/${chromium##*/}" << SCRIPT
#!/bin/sh
root=\$(cd "\$(dirname "\$0")/../.." && pwd) || exit 1
export LD_LIBRARY_PATH="${search%:}" FONTCONFIG_FILE="\$root/fonts.conf"
exec "\$root/$chromium" "\$@"
SCRIPT
    chmod 755 "$tree/usr/bin/${chromium##*/}"
    cat > "$tree/fonts.conf" << FONTS
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir prefix="relative">usr/share/fonts</dir></fontconfig>
FONTS
    "$tree/usr/bin/${chromium##*/}" --version
fi
for server in "$tree"/usr/lib/postgresql/*/bin/postgres "$tree"/usr/sbin/pgbouncer; do
    if [ -e "$server" ]; then
        "$server" --version
    fi
done

chmod 755 "$tree"
rm -rf "$folder"
mv "$tree" "$folder"
