/** Texts as people write them: few words make most of what is said, most words are rare. The same for the same seed. */
export class Words {
  readonly #words: string[];
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
    this.#words = Array.from({ length: 8_000 }, (_, i) => (i % 5 === 4 ? this.#english() : this.#korean()));
  }

  text(): string {
    return Array.from({ length: 2 + this.below(9) }, () => this.word()).join(' ');
  }

  word(): string {
    return this.#words[Math.floor(this.#next() ** 3 * this.#words.length)] as string;
  }

  /** A whole number below this one. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  #korean(): string {
    const usual =
      '가나다라마바사아자차카타파하이그저는은을를에서도만로고지요니습했었있없기사람것들수해대시면오네정말진짜';
    const syllable = () =>
      this.#next() < 0.6
        ? usual.charAt(this.below(usual.length))
        : String.fromCharCode(0xac00 + Math.floor(this.#next() ** 2 * 11_172));
    return Array.from({ length: 1 + this.below(4) }, syllable).join('');
  }

  #english(): string {
    const letters = 'etaoinshrdlucmfwypvbgk';
    const letter = () => letters.charAt(Math.floor(this.#next() ** 1.5 * letters.length));
    return Array.from({ length: 2 + this.below(7) }, letter).join('');
  }

  /** mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
