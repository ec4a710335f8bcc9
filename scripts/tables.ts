import { VARIABLES } from '../src/config.ts';
import * as chat from '../src/protocols/chat/catalogue.ts';
import type { EventDef } from '../src/protocols/kit/event.ts';
import * as logins from '../src/protocols/login-rooms/catalogue.ts';
import * as rooms from '../src/protocols/nickname-rooms/catalogue.ts';
import type { RouteDef } from '../src/protocols/kit/route.ts';
import * as chatrooms from '../src/protocols/chatrooms/catalogue.ts';
import * as feed from '../src/protocols/feed/catalogue.ts';
import type { FrameDef } from '../src/protocols/kit/event.ts';
import * as platform from '../src/protocols/platform/catalogue.ts';
import { looksTable } from '../test/scenarios/looks.ts';

/** The README's tables, printed from the declarations that validate. */

const row = (...cells: string[]): string =>
  `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const table = (heads: string[], rows: string[]): string =>
  [row(...heads), row(...heads.map(() => '---')), ...rows].join('\n');

const entries = <T>(module: object, has: string): T[] =>
  Object.values(module).filter(
    (value): value is T => typeof value === 'object' && value !== null && has in value,
  );

function variables(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]) => {
    const { schema, doc, shown } = variable as (typeof VARIABLES)['HOST'];
    const fallback = (schema.describe() as { flags?: { default?: string | number } }).flags?.default;
    return row(`\`${name}\``, shown ?? (fallback === undefined ? '–' : `\`${String(fallback)}\``), doc);
  });
  return table(['variable', 'default', 'what it is'], rows);
}

function looks(): string {
  const { heads, rows } = looksTable();
  return table(
    heads,
    rows.map(cells => row(...cells)),
  );
}

const eventsOf = (module: object): string =>
  table(
    ['event', 'what it does'],
    entries<EventDef>(module, 'payload')
      .sort((a, b) => a.name.localeCompare(b.name))
      .map(({ name, summary }) => row(`\`${name}\``, summary)),
  );

const framesOf = (list: readonly FrameDef[]): string =>
  table(
    ['from the server', 'when'],
    list.map(({ name, summary }) => row(`\`${name}\``, summary)),
  );

const restOf = (module: object, prefix: string): string =>
  table(
    ['route', 'what it does'],
    entries<RouteDef>(module, 'method')
      .sort(byPath)
      .map(({ method, path, summary }) =>
        row(`\`${method.toUpperCase()} ${prefix}${path === '/' ? '' : path}\``, summary),
      ),
  );

const routes = (): string =>
  table(
    ['route', 'scope', 'what it does'],
    entries<RouteDef>(platform, 'method')
      .sort(byPath)
      .map(({ method, path, scope, summary }) =>
        row(`\`${method.toUpperCase()} /chat${path}\``, `\`${scope}\``, summary),
      ),
  );

const byPath = (a: RouteDef, b: RouteDef): number =>
  a.path.localeCompare(b.path) || a.method.localeCompare(b.method);

export const TABLES: Record<string, () => string> = {
  variables,
  events: () => eventsOf(chat),
  frames: () => framesOf(chat.FRAMES),
  routes,
  feed: () => restOf(feed, feed.PREFIX),
  feedFrames: () => framesOf(feed.FRAMES),
  chatrooms: () => restOf(chatrooms, chatrooms.PREFIX),
  chatroomsFrames: () => framesOf(chatrooms.FRAMES),
  rooms: () => eventsOf(rooms),
  roomFrames: () => framesOf(rooms.FRAMES),
  logins: () => eventsOf(logins),
  loginFrames: () => framesOf(logins.FRAMES),
  looks,
};

/** The text with each `<!-- table: name -->` block filled anew. */
export const fillTables = (text: string): string =>
  text.replace(
    /(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, open: string, name: string, close: string) => `${open}${TABLES[name]!()}\n${close}`,
  );
