/** A name as it is searched: composed, lower case, without white space. */
export const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, '');

/** Every piece of one and of two characters of a folded name: an index on these finds any part of it. */
export function gramsOf(name: string): string[] {
  const characters = [...fold(name)];
  const grams = new Set<string>(characters);
  for (let i = 0; i + 1 < characters.length; i++) grams.add(characters[i]! + characters[i + 1]!);
  return [...grams];
}

/** The pieces that a name must have to contain this keyword. */
export function gramsWanted(keyword: string): string[] {
  const characters = [...fold(keyword)];
  if (characters.length <= 1) return characters;
  return characters.slice(1).map((character, i) => characters[i]! + character);
}
