#!/usr/bin/env bash
# Installs the chart in a cluster of kind and updates it twice under load: no call fails.
# Needs docker, kind, kubectl, helm, and the images of `make image image-demo`.
set -euo pipefail
cd "$(dirname "$0")"
export KUBECONFIG="${KUBECONFIG:-$PWD/../../../var/kind.kubeconfig}"
mkdir -p "$(dirname "$KUBECONFIG")"

kubectl() { command kubectl --namespace chat "$@"; }

finish() {
  local code=$?
  if [ "$code" -ne 0 ]; then
    kubectl get pods --output wide || true
    kubectl get events --sort-by=.lastTimestamp || true
    kubectl logs --selector app.kubernetes.io/name=chat3-gateway --tail 50 --prefix || true
    kubectl logs load || true
  fi
  kind delete cluster --name chat3
  exit "$code"
}

kind create cluster --name chat3 --wait 180s
trap finish EXIT
kind load docker-image --name chat3 chat3-gateway:latest chat3-gateway-demo:latest

kubectl create namespace chat
kubectl apply --filename behind.yaml
for behind in rabbitmq redis tenant-api; do
  kubectl rollout status "deployment/$behind" --timeout 300s
done
install() { helm upgrade --install chat3 ../../../deploy/helm/chat3-gateway --namespace chat --values values.yaml --wait --timeout 5m "$@"; }
install

kubectl create configmap load --from-file load.py
kubectl apply --filename load.yaml
kubectl wait pod/load --for condition=Ready --timeout 60s

kubectl rollout restart deployment/chat3-chat3-gateway
kubectl rollout status deployment/chat3-chat3-gateway --timeout 300s
# A change of settings is an update, too.
install --set settings.LOG_LEVEL=debug
kubectl rollout status deployment/chat3-chat3-gateway --timeout 300s

kubectl exec load -- touch /tmp/stop
kubectl wait pod/load --for 'jsonpath={.status.phase}=Succeeded' --timeout 60s
kubectl logs load
