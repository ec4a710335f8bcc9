import { BlockList, isIP } from 'node:net';

/** Networks that are not the public internet: nothing that a stranger names may lead there. */
const CLOSED = [
  // This host, private use, carriers' own, loopback, link-local (metadata services too).
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  // Protocol assignments, documentation, old relays, benchmarks.
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  // Multicast, reserved, broadcast.
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of IPv6 only global unicast is public, without what leads to an IPv4 address or is for documentation. */
const OPEN6 = ['2000::/3'];
const CLOSED6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const closed = listOf([...CLOSED, ...CLOSED6]);
const open6 = listOf(OPEN6);

/** Whether this is the address of a machine in the public internet. */
export function isPublic(address: string): boolean {
  const plain = withoutZone(address);
  const mapped = mappedOf(plain);
  if (mapped) return isPublic(mapped);
  if (isIP(plain) === 4) return !closed.check(plain, 'ipv4');
  return isIP(plain) === 6 && open6.check(plain, 'ipv6') && !closed.check(plain, 'ipv6');
}

/** Exceptions: names, addresses and networks. */
export class Allowed {
  readonly #names: ReadonlySet<string>;
  readonly #networks: BlockList;

  constructor(entries: readonly string[]) {
    const isNetwork = (entry: string) => isIP(entry.split('/')[0]!) !== 0;
    this.#names = new Set(entries.filter(entry => !isNetwork(entry)).map(entry => entry.toLowerCase()));
    this.#networks = listOf(entries.filter(isNetwork));
  }

  /** Whether this address, found under this name, may be reached. */
  has(name: string, address: string): boolean {
    const plain = mappedOf(withoutZone(address)) ?? withoutZone(address);
    return (
      this.#names.has(name.toLowerCase()) || this.#networks.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
    );
  }
}

const withoutZone = (address: string): string => address.split('%')[0]!;

/** The IPv4 address inside `::ffff:a.b.c.d`, however that is written. */
function mappedOf(address: string): string | null {
  if (isIP(address) !== 6) return null;
  const host = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const found = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (!found) return null;
  const [high, low] = [Number.parseInt(found[1]!, 16), Number.parseInt(found[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/') as [string, string?];
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
