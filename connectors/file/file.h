/* File: the two sides of the file connector. */
#ifndef LEAT_FILE_FILE_H
#define LEAT_FILE_FILE_H

#include "connectors/connector.h"

Status file_open_source(const ConnectorDefinition *definition, SourceReader **reader, Error *error);
Status file_open_sink(const ConnectorDefinition *definition, SinkWriter **writer, Error *error);
Status file_prepare_sink(const ConnectorDefinition *definition, int *partition_count, Error *error);

#endif
