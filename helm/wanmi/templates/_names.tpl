{{- define "wanmi.labels" -}}
app.kubernetes.io/name: wanmi
app.kubernetes.io/part-of: wanmi
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Of one workload: (dict "root" $ "service" "intake"). Never add to these: they cannot be changed later. */}}
{{- define "wanmi.selector" -}}
app.kubernetes.io/name: wanmi
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "wanmi.everyPod" -}}
app.kubernetes.io/name: wanmi
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "wanmi.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{- define "wanmi.kafka" -}}{{ .Release.Name }}-kafka{{- end }}

{{- define "wanmi.bootstrap" -}}
{{- if .Values.kafka.strimzi.enabled -}}
{{ include "wanmi.kafka" . }}-kafka-bootstrap:9093
{{- else -}}
{{ required "expected kafka.bootstrapServers, or kafka.strimzi.enabled, in mode city" .Values.kafka.bootstrapServers }}
{{- end }}
{{- end }}

{{- /* The restricted Pod Security Standard, and a root file system that is only read. */}}
{{- define "wanmi.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "wanmi.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "wanmi.scheduling" -}}
{{- with .root.Values.scheduling.nodeSelector -}}
nodeSelector: {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .root.Values.scheduling.tolerations -}}
tolerations: {{- toYaml . | nindent 2 }}
{{ end -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "wanmi.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: {{ .root.Values.scheduling.zoneKey }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "wanmi.selector" . | nindent 8 }}
{{- end }}

{{- /* wanmi.config.v1.ServiceConfig of one service, as JSON. */}}
{{- define "wanmi.config" -}}
{{- $values := .root.Values }}
{{- $release := .root.Release.Name }}
{{- $properties := dict "security.protocol" "ssl" "ssl.ca.location" "/etc/wanmi/kafka-ca/ca.crt"
    "ssl.certificate.location" "/etc/wanmi/kafka-user/user.crt" "ssl.key.location" "/etc/wanmi/kafka-user/user.key" }}
{{- if not (or $values.kafka.strimzi.enabled $values.kafka.tlsSecretName) }}{{ $properties = dict }}{{ end }}
{{- $peers := list }}
{{- range $peer, $_ := $values.services }}
{{- $peers = append $peers (dict "service" $peer "address" (printf "dns:///%s-%s-headless:7400" $release $peer)) }}
{{- end }}
{{- $config := dict
    "name" $values.city.name
    "displayName" $values.city.displayName
    "partitions" (int $values.city.partitions)
    "journalId" (required "expected city.journalId, made once by `wanmi city create`" $values.city.journalId)
    "folder" "/var/lib/wanmi"
    "listen" "0.0.0.0:7400"
    "probeListen" "0.0.0.0:7401"
    "metricsListen" "0.0.0.0:9464"
    "masterKeyFile" "/etc/wanmi/key/master.key"
    "keepFreeBytes" (printf "%d" (int64 $values.keepFreeBytes))
    "kafka" (dict "bootstrapServers" (include "wanmi.bootstrap" .root)
        "replication" (int $values.kafka.replication) "minInsync" (int $values.kafka.minInsync)
        "createTopics" $values.kafka.createTopics "properties" (merge (deepCopy $values.kafka.properties) $properties))
    "tls" (dict "caFile" "/etc/wanmi/tls/ca.crt" "certFile" "/etc/wanmi/tls/tls.crt" "keyFile" "/etc/wanmi/tls/tls.key")
    "peers" $peers }}
{{- if $values.city.incarnation }}{{ $_ := set $config "incarnation" (int $values.city.incarnation) }}{{ end }}
{{- toPrettyJson $config }}
{{- end }}
