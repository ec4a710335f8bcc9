import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The Debian mirror that this machine's apt uses. It is read from apt's own configuration, because
 * machines behind a proxy reach only the mirror they were set up with.
 */
export function debianMirror(directory = '/etc/apt'): string | undefined {
  const found = aptSources(directory).flatMap(text => [...urisOf(text)]);
  return found.find(uri => /\/debian\/?$/.test(uri)) ?? found.find(uri => !/security/.test(uri));
}

function aptSources(directory: string): string[] {
  const files = [join(directory, 'sources.list')];
  try {
    const parts = readdirSync(join(directory, 'sources.list.d')).sort();
    files.push(
      ...parts
        .filter(name => /\.(list|sources)$/.test(name))
        .map(name => join(directory, 'sources.list.d', name)),
    );
  } catch {
    // Without the folder there is only the one file.
  }
  return files.flatMap(file => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return [];
    }
  });
}

/** Understands both formats of apt: "deb [options] URI suite ..." and "URIs: URI ...". */
function* urisOf(text: string): Generator<string> {
  for (const line of text.split('\n')) {
    const oneLine = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)/.exec(line);
    if (oneLine?.[1]) yield oneLine[1];
    const stanza = /^URIs:\s*(.+)$/i.exec(line);
    if (stanza?.[1]) yield* stanza[1].trim().split(/\s+/);
  }
}
