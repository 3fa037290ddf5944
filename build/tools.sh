# Says in one sentence which tool is missing and which Debian package has it. Usage: sh build/tools.sh PYTHON
python=$1

missing() {
  echo "$1" >&2
  exit 1
}

command -v "$python" >/dev/null ||
  missing "Python 3.11 or newer is missing; install it with: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  missing "Python 3.11 or newer is needed, $python is older; install it with: apt-get install python3 python3-venv"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  missing "Python's venv module is missing; install it with: apt-get install python3-venv"
command -v node >/dev/null ||
  missing "Node 20 or newer is missing; install it with: apt-get install nodejs npm"
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' ||
  missing "Node 20 or newer is needed, this is $(node --version); install a newer package nodejs."
command -v npm >/dev/null ||
  missing "npm is missing; install it with: apt-get install npm"
