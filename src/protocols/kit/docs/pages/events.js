// Draws asyncapi.json: what clients send with its ack, then what the server sends.
const element = (name, attributes, ...children) => {
  const node = Object.assign(document.createElement(name), attributes);
  node.append(...children);
  return node;
};
const schema = (title, value) =>
  element(
    'details',
    {},
    element('summary', { textContent: title }),
    element('pre', { textContent: JSON.stringify(value, null, 2) }),
  );

function draw(key, message, ack) {
  const example = message.examples?.[0]?.payload;
  const emit = `socket.emit('${message.name}', ${JSON.stringify(example)}, response => {});`;
  return element(
    'section',
    { id: key },
    element('h2', {}, element('a', { href: `#${key}`, textContent: message.name })),
    element('p', { textContent: message.summary }),
    ...(ack ? [element('pre', { className: 'example', textContent: emit })] : []),
    schema(ack ? 'payload' : 'argument', message.payload),
    ...(ack ? [schema('data', ack.payload.properties.data)] : []),
    ...(ack?.description
      ? [element('p', { className: 'errors', textContent: ack.description.replaceAll('`', '') })]
      : []),
  );
}

const { info, channels } = await (await fetch('/docs/asyncapi.json')).json();
const { address, messages } = channels.catalogue;
const main = document.getElementById('events');
main.append(
  element('h1', { textContent: info.title }),
  element('p', { textContent: `${info.description} (${address})` }),
);
for (const [key, message] of Object.entries(messages)) {
  if (key.endsWith('_ack')) continue;
  main.append(draw(key, message, messages[`${key}_ack`]));
}
