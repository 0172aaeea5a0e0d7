declare module 'virtual:start-words' {
  const words: Record<'en' | 'ja', Record<string, string>>
  export default words
}
