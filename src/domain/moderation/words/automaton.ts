/**
 * Aho-Corasick over whole numbers (code points): all occurrences of any number of words in one pass over the text.
 * Own code because nothing that is at hand matches on a normalised text and tells where each hit came from. Edges
 * lie in one open-addressed table of typed arrays: 100,000 words are some megabytes and not a million small objects.
 */
export class Automaton {
  /** Length of the word that ends in a node; 0: none does. */
  #lengths: Int32Array;
  /** The index of that word. */
  #words: Int32Array;
  /** Where to go on when nothing continues: the longest proper suffix that is a node. */
  #fails: Int32Array;
  /** The next suffix in which a word ends; 0: there is none. */
  #outs: Int32Array;
  readonly #mask: number;
  /** Three numbers per edge: the node it leaves (plus 1), its symbol, the node it leads to. */
  readonly #edges: Int32Array;
  #nodes = 1;

  /** `words` are sequences of whole numbers, none of them empty. Of equal ones the last counts. */
  constructor(words: readonly (readonly number[])[]) {
    const total = words.reduce((sum, word) => sum + word.length, 0);
    let size = 16;
    while (size < total * 2) size *= 2;
    this.#mask = size - 1;
    this.#edges = new Int32Array(size * 3);
    this.#lengths = new Int32Array(total + 1);
    this.#words = new Int32Array(total + 1);
    this.#fails = new Int32Array(total + 1);
    this.#outs = new Int32Array(total + 1);
    const parents = new Int32Array(total + 1);
    const symbols = new Int32Array(total + 1);
    const levels: number[][] = [];
    words.forEach((word, index) => {
      let node = 0;
      word.forEach((symbol, depth) => {
        const next = this.#edge(node, symbol);
        if (next > 0) {
          node = next;
          return;
        }
        const child = this.#nodes++;
        this.#connect(node, symbol, child);
        parents[child] = node;
        symbols[child] = symbol;
        (levels[depth] ??= []).push(child);
        node = child;
      });
      this.#lengths[node] = word.length;
      this.#words[node] = index;
    });
    // Shorter ones first: the fail of a node is shorter than the node.
    for (const node of levels.flat()) this.#linkUp(node, parents[node]!, symbols[node]!);
    this.#trim();
  }

  /** Calls `found` with the place of the last symbol, the length and the index of every word that occurs. */
  scan(
    symbols: ArrayLike<number>,
    count: number,
    found: (end: number, length: number, word: number) => void,
  ): void {
    let node = 0;
    for (let i = 0; i < count; i++) {
      node = this.#step(node, symbols[i]!);
      let out = this.#lengths[node]! > 0 ? node : this.#outs[node]!;
      for (; out > 0; out = this.#outs[out]!) found(i, this.#lengths[out]!, this.#words[out]!);
    }
  }

  #step(from: number, symbol: number): number {
    let node = from;
    for (;;) {
      const next = this.#edge(node, symbol);
      if (next > 0 || node === 0) return next;
      node = this.#fails[node]!;
    }
  }

  #linkUp(node: number, parent: number, symbol: number): void {
    const fail = parent === 0 ? 0 : this.#step(this.#fails[parent]!, symbol);
    this.#fails[node] = fail;
    this.#outs[node] = this.#lengths[fail]! > 0 ? fail : this.#outs[fail]!;
  }

  /** The node that an edge leads to; 0: there is no such edge, for none leads to the root. */
  #edge(node: number, symbol: number): number {
    const edges = this.#edges;
    for (let slot = this.#slotOf(node, symbol); ; slot = (slot + 1) & this.#mask) {
      const at = slot * 3;
      if (edges[at] === 0) return 0;
      if (edges[at] === node + 1 && edges[at + 1] === symbol) return edges[at + 2]!;
    }
  }

  #connect(node: number, symbol: number, child: number): void {
    let slot = this.#slotOf(node, symbol);
    while (this.#edges[slot * 3] !== 0) slot = (slot + 1) & this.#mask;
    this.#edges.set([node + 1, symbol, child], slot * 3);
  }

  #slotOf(node: number, symbol: number): number {
    const hash = Math.imul(node + 1, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }

  #trim(): void {
    this.#lengths = this.#lengths.slice(0, this.#nodes);
    this.#words = this.#words.slice(0, this.#nodes);
    this.#fails = this.#fails.slice(0, this.#nodes);
    this.#outs = this.#outs.slice(0, this.#nodes);
  }
}
