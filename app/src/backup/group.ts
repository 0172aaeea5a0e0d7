/** Whether a group of a recovery key is the one on paper. Forgives what reading and
 *  typing do to it: case, width, spaces, O for 0, I and L for 1. */
export function sameGroup(typed: string, wanted: string): boolean {
  const plain = typed.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '')
  return plain.replaceAll('O', '0').replace(/[IL]/g, '1') === wanted
}
