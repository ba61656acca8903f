"""The Unicode properties of ECMA-262 (ES2023, tables 67 to 70).

Their names are case-sensitive and have no other spellings. Engines accept more.
"""

from __future__ import annotations

import re

_CATEGORY_NAMES = """
    C Other Cc Control cntrl Cf Format Cn Unassigned Co Private_Use Cs Surrogate
    L Letter LC Cased_Letter Ll Lowercase_Letter Lm Modifier_Letter Lo Other_Letter
    Lt Titlecase_Letter Lu Uppercase_Letter
    M Mark Combining_Mark Mc Spacing_Mark Me Enclosing_Mark Mn Nonspacing_Mark
    N Number Nd Decimal_Number digit Nl Letter_Number No Other_Number
    P Punctuation punct Pc Connector_Punctuation Pd Dash_Punctuation
    Pe Close_Punctuation Pf Final_Punctuation Pi Initial_Punctuation
    Po Other_Punctuation Ps Open_Punctuation
    S Symbol Sc Currency_Symbol Sk Modifier_Symbol Sm Math_Symbol So Other_Symbol
    Z Separator Zl Line_Separator Zp Paragraph_Separator Zs Space_Separator
"""

_BINARY_NAMES = """
    ASCII Any Assigned
    ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M
    Case_Ignorable CI Cased Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM
    Changes_When_Lowercased CWL Changes_When_NFKC_Casefolded CWKCF
    Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash
    Default_Ignorable_Code_Point DI Deprecated Dep Diacritic Dia
    Emoji Emoji_Component EComp Emoji_Modifier EMod Emoji_Modifier_Base EBase
    Emoji_Presentation EPres Extended_Pictographic ExtPict Extender Ext
    Grapheme_Base Gr_Base Grapheme_Extend Gr_Ext Hex_Digit Hex
    IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST ID_Continue IDC ID_Start IDS
    Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE Lowercase Lower
    Math Noncharacter_Code_Point NChar Pattern_Syntax Pat_Syn
    Pattern_White_Space Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI
    Sentence_Terminal STerm Soft_Dotted SD Terminal_Punctuation Term
    Unified_Ideograph UIdeo Uppercase Upper Variation_Selector VS White_Space space
    XID_Continue XIDC XID_Start XIDS
"""

_GENERAL_CATEGORIES = frozenset(_CATEGORY_NAMES.split())
_BINARY_PROPERTIES = frozenset(_BINARY_NAMES.split())

# Unicode adds scripts every year, so only the spelling is tested here. The engine tests
# whether a script exists.
_SCRIPT = re.compile(r"[A-Z][A-Za-z]+(?:_[A-Z][a-z]+)*")


def is_property(expression: str) -> bool:
    r"""Return whether `\p{expression}` is valid, such as `Lu`, `Script=Greek` or `Emoji`."""
    name, equals, value = expression.partition("=")
    if not equals:
        return name in _GENERAL_CATEGORIES or name in _BINARY_PROPERTIES
    if name in {"General_Category", "gc"}:
        return value in _GENERAL_CATEGORIES
    if name in {"Script", "sc", "Script_Extensions", "scx"}:
        return _SCRIPT.fullmatch(value) is not None
    return False


def is_surrogate(expression: str) -> bool:
    """Return whether a property selects only surrogates, which no Unicode text has."""
    return expression.rpartition("=")[2] in {"Cs", "Surrogate"}
