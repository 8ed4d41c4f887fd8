/* File: records, one a line, of files beneath the folder that the server was given. */
#include "connectors/file/file.h"

#include "connectors/formats/format.h"

static const ConnectorOption options[] = {
    {"path", OPTION_TEXT, NULL, "the file, relative to the server's --files-dir", .is_required = true},
    {"follow", OPTION_BOOL, "false",
        "whether to wait for what is appended, instead of ending at the file's end", .is_source_only = true},
    {0},
};

const ConnectorType file_connector = {
    .name = "file",
    .has_byte_offsets = true,
    .options = options,
    .open_source = file_open_source,
    .open_sink = file_open_sink,
    .prepare_sink = file_prepare_sink,
    .accepts = format_accepts,
};
