/** Escape as lifestream.rendering.markdown does: no formatting, no HTML, no link. */

const ADDRESS = /(?<=@)|(?<=\/\/)|(?<=[Ww]{3})(?=\.)/g;
const EXTENSIONS =
  /[{}^$=]|\+(?=\+)|\/(?=\/)|(?<!\p{N}):(?=\S)|:(?=[^\s\p{N}])|^:|(?<!\p{N})\.(?=[\p{L}\p{N}_])|\.(?=[\p{L}_])/gu;

export function escapeMarkdown(text: string): string {
  const entities = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const apart = entities
    .replace(ADDRESS, "&#8288;")
    .replace(EXTENSIONS, (mark) => `&#${mark.codePointAt(0)};`);
  return apart.replace(/([\\`*_[\]|~])/g, "\\$1").replace(/^(\d*)([#+-]|(?<=\d)[.)])/, "$1\\$2");
}
