/** Texts as programs print them, for measurements of reading. */

/** Data as kubectl prints it: block style, sequences at the column of their key. */
export function yamlOf(value) {
  return `${print(value, '')}\n`;
}

function print(value, indent) {
  if (Array.isArray(value)) {
    return value
      .map((item) => `${indent}- ${print(item, `${indent}  `).slice(indent.length + 2)}`)
      .join('\n');
  }
  if (typeof value !== 'object' || value === null) return indent + scalar(value);
  return Object.entries(value)
    .map(([key, one]) => {
      if (typeof one !== 'object' || one === null) return `${indent}${key}: ${scalar(one)}`;
      if (Object.keys(one).length === 0) return `${indent}${key}: ${Array.isArray(one) ? '[]' : '{}'}`;
      return `${indent}${key}:\n${print(one, Array.isArray(one) ? indent : `${indent}  `)}`;
    })
    .join('\n');
}

/** Plain where the text is a word that means itself. */
function scalar(value) {
  return typeof value === 'string' && !/^[A-Za-z][\w./-]*$|^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

/** Custom resource definitions of at least so many characters, as controller-gen prints them. */
export function customResources(size) {
  let text = '';
  for (let n = 0; text.length < size; n++) {
    text += `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    controller-gen.kubebuilder.io/version: v0.16.5
  name: things${n}.x.example
spec:
  group: x.example
  names:
    kind: Thing${n}
    plural: things${n}
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
${schema('          ', 4)}        type: object
    served: true
    storage: true
---
`;
  }
  return text;
}

function schema(indent, depth) {
  return Array.from({ length: 6 }, (_, i) => {
    const inner =
      depth > 0 && i % 2 === 0
        ? `${indent}  properties:\n${schema(`${indent}    `, depth - 1)}${indent}  type: object\n`
        : `${indent}  type: string\n`;
    return `${indent}field${i}:
${indent}  description: |-
${indent}    Field ${i} says what is wanted of the thing: it may be empty, "quoted" or not,
${indent}    and goes on in a second line, with a list - of things.
${inner}`;
  }).join('');
}

/** Services and the Deployments behind them. */
export function readableObjects(count) {
  return Array.from(
    { length: count },
    (_, i) => `---
apiVersion: v1
kind: Service
metadata:
  name: svc-${i}
spec:
  ports:
  - name: http
    port: 80
    targetPort: 8080
  selector:
    app.kubernetes.io/name: app-${i}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${i}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: app-${i}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-${i}
    spec:
      containers:
      - name: c
        image: registry.example/c:1
        ports:
        - containerPort: 8080
`,
  ).join('');
}
