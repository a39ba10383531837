{{/* What the schema cannot say. */}}
{{- define "chat3.checks" -}}
{{- $secrets := .Values.secrets -}}
{{- if not (or $secrets.existingSecret $secrets.values) -}}
{{- fail "secrets.existingSecret: name a Secret with RABBITMQ_URL and REDIS_URL" -}}
{{- end -}}
{{- if not $secrets.existingSecret -}}
{{- range $name := list "RABBITMQ_URL" "REDIS_URL" -}}
{{- if not (index $secrets.values $name) -}}
{{- fail (printf "secrets.values: %s is missing; pods share idempotency keys and rates by Redis, updates by RabbitMQ" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if gt (.Values.autoscaling.minReplicas | int) (.Values.autoscaling.maxReplicas | int) -}}
{{- fail "autoscaling: minReplicas is above maxReplicas" -}}
{{- end -}}
{{- end -}}
