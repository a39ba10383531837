# Images, and what `deploy/` is checked and tested by. `make lint` calls the part that needs neither Go
# nor a server.
#
#   IMAGE=chat3-gateway          the name of the image; `make image-demo` adds -demo
#   DOCKER='docker buildx build --load'   what builds it

VENV ?= .venv
IMAGE ?= chat3-gateway
DOCKER ?= docker buildx build --load
HELM_VERSION := 3.22.0

deploy_bin := $(abspath $(VENV))/bin
deploy_image = $(DOCKER) --file deploy/image/Dockerfile \
  --build-arg VERSION="$$(PYTHONPATH=tools '$(deploy_bin)/python' -m distributions version)" \
  --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
  --build-arg CREATED="$$(date -u +%Y-%m-%dT%H:%M:%SZ)"

.PHONY: image image-demo lint-deploy test-deploy test-monitoring helm dashboard

image: packages ## Build the image of the service; needs Docker
	@$(deploy_image) --target service --tag '$(IMAGE)' .

image-demo: packages ## Build the image with the platform's double and the page; needs Docker
	@$(deploy_image) --target demo --tag '$(IMAGE)-demo' .

dashboard: setup ## Write the dashboard of deploy/monitoring from its panels
	@PYTHONPATH=tools '$(deploy_bin)/python' -m dashboard

lint-deploy: setup ## Check the image, the compose file, the chart's values and the systemd unit
	@$(RUN_IN_VENV) tools/lint_deploy.sh

# Go compiles it once, for two minutes.
helm: $(deploy_bin)/helm

$(deploy_bin)/helm: | setup
	@echo "setup: compiling helm $(HELM_VERSION)"
	@GOBIN='$(deploy_bin)' go install 'helm.sh/helm/v3/cmd/helm@v$(HELM_VERSION)'

test-deploy: setup helm ## Render the chart, upgrade by the systemd unit, run what compose.yaml runs
	@tools/setup.sh servers
	@'$(deploy_bin)/python' -m pip install --quiet --disable-pip-version-check --group deploy
	@$(RUN_IN_VENV) pytest -q tests/deploy

test-monitoring: setup ## Scrape a service by Prometheus: every query of dashboard and alerts answers
	@tools/setup.sh servers
	@$(RUN_IN_VENV) pytest -q tests/monitoring
