#!/usr/bin/env bash
# deploy.sh: Drover on the Kubernetes of the current context (minikube, kind, or any other), with Temporal and
# PostgreSQL, in one command. Run it again after every change: what is there stays, what is new is applied.
#
#   k8s/deploy.sh                      builds the images, gives them to the cluster, applies, waits, prints the URL
#   k8s/deploy.sh --no-build           applies only; the images come from a registry, or are there
#   k8s/deploy.sh --overlay production     or the directory of an overlay of your own
#   k8s/deploy.sh --delete             removes everything, with all data, after a question (--yes: without)
#
# ANTHROPIC_API_KEY and GITHUB_TOKEN are put into the Secret when they are set.
set -euo pipefail
cd "$(dirname "$0")/.."

overlay=local build=1 delete="" yes=""
while [ $# -gt 0 ]; do
  case $1 in
    --overlay) overlay=${2:?--overlay needs a name: local or production} && shift ;;
    --no-build) build="" ;;
    --delete) delete=1 ;;
    --yes) yes=1 ;;
    -h | --help) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0" && exit 0 ;;
    *) echo "unknown option $1; --help lists them" >&2 && exit 2 ;;
  esac
  shift
done
namespace=${DROVER_NAMESPACE:-drover}
directory=k8s/overlays/$overlay
[ -d "$directory" ] || directory=$overlay
[ -f "$directory/kustomization.yaml" ] || { echo "there is no overlay $overlay" >&2 && exit 2; }

has() { command -v "$1" >/dev/null 2>&1; }
kube() { kubectl --namespace "$namespace" "$@"; }
has kubectl || { echo 'kubectl is missing: https://kubernetes.io/docs/tasks/tools/' >&2 && exit 1; }
context=$(kubectl config current-context 2>/dev/null) ||
  { echo 'no cluster: start one (minikube start, kind create cluster), or set KUBECONFIG' >&2 && exit 1; }
kubectl get --raw /readyz >/dev/null || { echo "the cluster of context $context does not answer" >&2 && exit 1; }

if [ -n "$delete" ]; then
  if [ -z "$yes" ]; then
    read -r -p "Remove Drover with all its data from $context, namespace $namespace? [y/N] " answer
    [ "$answer" = y ] || exit 1
  fi
  kubectl delete namespace "$namespace" --ignore-not-found
  # Of the cluster, so for all namespaces with a Drover.
  [ -n "$(kubectl get namespaces --selector app.kubernetes.io/part-of=drover --output name)" ] ||
    kubectl delete priorityclass drover --ignore-not-found
  exit 0
fi

if [ -n "$build" ]; then
  engine=$(for one in docker podman buildah; do has "$one" && echo "$one" && break; done) ||
    { echo 'docker, podman or buildah is needed to build the images, or --no-build' >&2 && exit 1; }
  for image in drover:Dockerfile drover-agent:Dockerfile.worker; do
    name=${image%%:*}:latest file=${image#*:}
    "$engine" build --tag "$name" --file "$file" .
    case $context in
      minikube) minikube image load "$name" ;;
      kind-*) kind load docker-image --name "${context#kind-}" "$name" ;;
      *) echo "Image $name is built; give it to your cluster, or name your registry in $directory." ;;
    esac
  done
fi

kubectl create namespace "$namespace" --dry-run=client --output yaml | kubectl apply --filename - >/dev/null
# Values reach kubectl as files of this user alone: what is in arguments can be read by everybody on this machine, and
# what is put into YAML must be escaped.
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
values=$scratch/values && mkdir "$values"
value() { printf %s "$2" >"$values/$1"; }
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
secret() { kube create secret generic drover --from-file "$values" --dry-run=client --output json; }
if ! kube get secret drover >/dev/null 2>&1; then
  password=$(random)
  value api-token "$(random)"
  value postgres-password "$password"
  value database-url "postgres://drover:$password@postgresql:5432/drover"
  value anthropic-api-key "${ANTHROPIC_API_KEY:-}"
  value github-token "${GITHUB_TOKEN:-}"
  secret | kube create --filename -
else
  # Only what is given anew; the rest stays as it is.
  [ -z "${ANTHROPIC_API_KEY:-}" ] || value anthropic-api-key "$ANTHROPIC_API_KEY"
  [ -z "${GITHUB_TOKEN:-}" ] || value github-token "$GITHUB_TOKEN"
  if [ -n "$(ls -A "$values")" ]; then
    secret >"$scratch/patch"
    kube patch secret drover --patch-file "$scratch/patch"
  fi
fi

kubectl kustomize "$directory" | sed "s/namespace: drover\$/namespace: $namespace/;s/drover-api\.drover\b/drover-api.$namespace/g;/^kind: Namespace\$/,/^---\$/s/^  name: drover\$/  name: $namespace/" |
  kubectl apply --filename -
timeout=${DROVER_TIMEOUT:-600s} failed=""
for workload in $(kube get statefulset,deployment --output name); do
  kube rollout status "$workload" --timeout "$timeout" || failed="$failed $workload"
done
if [ -n "$failed" ]; then
  echo "not ready after $timeout:$failed" >&2
  kube get pods >&2 || true
  echo "kubectl --namespace $namespace describe pods tells why; run this again when it is mended" >&2
  exit 1
fi
code=$(kube exec deployment/drover-api -- node dist/api/login/main.js)
cat <<DONE

Drover runs in $context, namespace $namespace. To reach it:

  kubectl --namespace $namespace port-forward service/drover-api 7420
  http://127.0.0.1:7420/login?code=$code
DONE
