{{- define "chat3.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "chat3.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 59 | trimSuffix "-" -}}
{{- else if contains (include "chat3.name" .) .Release.Name -}}
{{- .Release.Name | trunc 59 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "chat3.name" .) | trunc 59 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "chat3.selector" -}}
app.kubernetes.io/name: {{ include "chat3.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "chat3.labels" -}}
{{ include "chat3.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "chat3.serviceAccount" -}}
{{- default (include "chat3.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "chat3.secret" -}}
{{- default (include "chat3.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{- define "chat3.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whole numbers of a values file are floats: 5000000000 must not become 5e+09. */}}
{{- define "chat3.value" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{ printf "%.0f" . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* The hook, the two waits of the service, and time to close what is open. */}}
{{- define "chat3.gracePeriod" -}}
{{- $delay := default 2 .Values.settings.SHUTDOWN_DELAY -}}
{{- $grace := default 10 .Values.settings.SHUTDOWN_GRACE -}}
{{- add .Values.preStopSeconds (ceil (addf $delay $grace 5)) -}}
{{- end -}}
